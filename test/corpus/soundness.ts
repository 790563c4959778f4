import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { classifyMail } from '../../src/core/classify.ts';
import type { InboundMail, MailKind } from '../../src/core/inbound-mail.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { trimReply } from '../../src/ingest/trim/trim.ts';
import { cpuStopwatch } from '../support/cpu-stopwatch.ts';
import { CORPUS, corpusIsThere } from './measure.ts';

/** What reading one mail may take, of the processor's time. */
const READING_MS_MAX = 2000;

const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

/** A mail that was read, and everything that must never be so about one, whatever its bytes were. */
export interface SoundReading {
  kind: MailKind;
  spentMs: number;
  flaws: string[];
}

export async function readSoundly(raw: Uint8Array): Promise<SoundReading> {
  const spentMs = cpuStopwatch();
  const mail = await parseMail(raw);
  const { kind } = classifyMail(mail, OWN);
  const took = spentMs();
  const flaws = flawsOf(mail);
  if (took > READING_MS_MAX) flaws.push(`took ${Math.round(took)} ms`);
  return { kind, spentMs: took, flaws };
}

function flawsOf(mail: InboundMail): string[] {
  const flaws: string[] = [];
  const spans = mail.spans.map(({ from, to }) => mail.text.slice(from, to)).join('');
  if (spans !== mail.text) flaws.push('spans are not the text');
  if (!isTrimmedForGood(mail)) flaws.push('what is left is cut again');
  if (/\\u0000|\\ud[89a-f]/.test(JSON.stringify(mail))) flaws.push('NUL or a lone surrogate');
  if (/[\r\n]/.test(mail.subject + (mail.from?.name ?? ''))) flaws.push('more than one line');
  if (mail.attachments.some(({ fileName }) => fileName === '' || /[/\\]/.test(fileName)))
    flaws.push('unsafe file name');
  return flaws;
}

function isTrimmedForGood(mail: InboundMail): boolean {
  const left = mail.spans
    .filter(({ kind }) => kind === 'reply')
    .map(({ from, to }) => mail.text.slice(from, to))
    .join('');
  return trimReply(left, mail.subject).spans.every(({ kind }) => kind === 'reply');
}

export function corpusFolders(): string[] {
  if (!corpusIsThere) return ['(no corpus)'];
  return readdirSync(CORPUS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

/** Every mail and body of a folder, and whatever else lies there: all of it is input. */
export function filesIn(folder: string): string[] {
  return readdirSync(join(CORPUS, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^(?:README|LICENSE)|\.json$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
}

/** The same mail with the other line ends. */
export function withOtherLineEnds(raw: Buffer): Buffer {
  const text = raw.toString('latin1');
  return Buffer.from(text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text.replaceAll('\n', '\r\n'), 'latin1');
}
