import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { MAIL_DEFECT_CODES } from '../../src/core/inbound-mail.ts';

test('docs/mail-rules.md says what every defect code means', () => {
  const rules = readFileSync(join(import.meta.dirname, '../../docs/mail-rules.md'), 'utf8');
  const documented = [...rules.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, code]) => code);
  expect(documented.sort()).toEqual([...MAIL_DEFECT_CODES].sort());
});
