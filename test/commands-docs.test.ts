/** docs/commands.md names every command, and its examples are commands. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { COMMAND_WORDS } from '../src/core/command-words.ts';
import { readCommands } from '../src/core/commands.ts';
import { trimReply } from '../src/ingest/trim/trim.ts';
import { inboundMail } from './support/inbound-mail.ts';

const docs = readFileSync(join(resolve(import.meta.dirname, '..'), 'docs/commands.md'), 'utf8');
const CONTEXT = {
  now: new Date('2026-11-23T16:00:00Z'),
  zone: 'America/New_York',
  agents: [{ personId: '1', key: 'jane', name: 'Jane Doe', addresses: [] }],
  departments: [{ id: '2', key: 'banking', name: 'Online Banking' }],
  slaPlans: [{ id: '3', key: 'standard', name: 'Standard' }],
};
const read = (text: string) => readCommands(inboundMail({ text, ...trimReply(text, 'Re: it') }), CONTEXT);

test.each(COMMAND_WORDS)('/%s is in it', (word) => {
  expect(docs).toMatch(new RegExp(`\`/${word}[\` ]`));
});

const examples = docs.split('```').filter((_, at) => at % 2 === 1);
test.each(examples)('its example %j is understood', (example) => {
  expect(read(example)).toMatchObject({ outcome: 'commands' });
});

const times = (docs.split('## TIME')[1] ?? '')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`([^`]+)`/g)].map(([, time]) => time));
test.each(times)('its time %s is one', (time) => {
  expect(read(`/hold ${time}\n`)).toMatchObject({ outcome: 'commands' });
});
