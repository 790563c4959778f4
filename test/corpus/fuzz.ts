import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { CORPUS } from './measure.ts';
import { corpusFolders, filesIn, readSoundly, withOtherLineEnds } from './soundness.ts';

export interface FuzzFinding {
  /** `npm run corpus -- --fuzz 1 --seed SEED` reads the same mail again. */
  seed: number;
  file: string;
  mutations: string[];
  flaws: string[];
}

/** So that a mail which doubles itself ends. */
const BYTES_MAX = 512 * 1024;

/** Reads so many mutated mails of the corpus; each is a function of its own seed. What was read unsoundly, or not at all. */
export async function fuzz({ count, seed }: { count: number; seed: number }): Promise<FuzzFinding[]> {
  const files = corpusFolders().flatMap(filesIn);
  const findings: FuzzFinding[] = [];
  for (let at = seed; at < seed + count; at++) {
    const random = randomFrom(at);
    const file = pick(files, random);
    const mutations: string[] = [];
    let raw: Buffer = readFileSync(file);
    for (let left = 1 + below(6, random); left > 0 && raw.length > 0; left--) {
      const [name, mutate] = pick(MUTATIONS, random);
      mutations.push(name);
      raw = mutate(raw, random, () => readFileSync(pick(files, random))).subarray(0, BYTES_MAX);
    }
    const flaws = await flawsOf(raw);
    if (flaws.length > 0) findings.push({ seed: at, file: relative(CORPUS, file), mutations, flaws });
  }
  return findings;
}

async function flawsOf(raw: Buffer): Promise<string[]> {
  try {
    return (await readSoundly(raw)).flaws;
  } catch (error) {
    return [`threw ${String(error)}`];
  }
}

type Random = () => number;
type Mutate = (raw: Buffer, random: Random, another: () => Buffer) => Buffer;

/** Mulberry32: small, and the same everywhere. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

function below(limit: number, random: Random): number {
  return Math.floor(random() * limit);
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[below(items.length, random)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** What wires, gateways and attackers do to a mail. */
const MUTATIONS: readonly [name: string, mutate: Mutate][] = [
  ['cut off', (raw, random) => raw.subarray(0, below(raw.length, random))],
  ['a piece lost', (raw, random) => replace(raw, random, () => Buffer.of())],
  ['a piece repeated', (raw, random) => replace(raw, random, (piece) => Buffer.concat([piece, piece, piece]))],
  ['a piece upside down', (raw, random) => replace(raw, random, (piece) => Buffer.from(piece).reverse())],
  ['a piece of another mail', (raw, random, another) => replace(raw, random, () => pieceOf(another(), random))],
  [
    'bits turned',
    (raw, random) => Buffer.from(raw.map((byte) => (random() < 0.002 ? byte ^ (1 << below(8, random)) : byte))),
  ],
  [
    'bytes of anything',
    (raw, random) => replace(raw, random, (piece) => Buffer.from(piece.map(() => below(256, random)))),
  ],
  ['the other line ends', (raw) => withOtherLineEnds(raw)],
  ['a line in its midst', (raw, random) => insert(raw, random, `\n${pick(HOSTILE_LINES, random)}\n`)],
  ['a line many times', (raw, random) => insert(raw, random, `${pick(HOSTILE_LINES, random)}\n`.repeat(500))],
  ['a field in the header', (raw, random) => Buffer.concat([Buffer.from(`${pick(FIELDS, random)}\r\n`), raw])],
  ['lines in another order', (raw, random) => shuffleLines(raw, random)],
];

const HOSTILE_LINES = [
  '>',
  '> > > > > > On Monday Karen wrote:',
  'On Mon, 23 Nov 2026 at 10:00, Karen <karen@customer.test> wrote:',
  'From: Karen <karen@customer.test>',
  'From: a\nSent: b\nTo: c\nSubject: d\n',
  '-----Original Message-----',
  '---------- Forwarded message ---------',
  '-- ',
  '________________________________',
  '--',
  'Best regards,',
  '<div class="gmail_quote"><blockquote>',
  '</div></blockquote></table>',
  'Content-Type: multipart/mixed; boundary="b"\n\n--b',
  'Content-Transfer-Encoding: base64',
  '=?utf-8?b?/////?= =?utf-7?q?+ADw-?=',
  '\u0000\u0001\ufffe\u202e',
  `${'a'.repeat(3000)}:`,
  `${':'.repeat(300)} wrote`,
  '<karen@customer.test>: host mx said: 550 5.1.1 unknown',
];

const FIELDS = [
  'Content-Type: text/html; charset=utf-16',
  'Content-Type: multipart/alternative; boundary=""',
  'Content-Type: message/rfc822',
  'Content-Type: application/ms-tnef',
  'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
  'Content-Transfer-Encoding: quoted-printable',
  'Content-Transfer-Encoding: base64',
  'From: "a" <b@c.test>, d@e.test',
  'Subject: =?gb2312?B?zqLI7Q==?= Fwd: Re: [x]',
  'Return-Path: <>',
  'Date: Mon, 99 Foo 0000 25:61:61 +9999',
];

function replace(raw: Buffer, random: Random, by: (piece: Buffer) => Buffer): Buffer {
  const from = below(raw.length, random);
  const to = Math.min(raw.length, from + 1 + below(pick([8, 200, 5000], random), random));
  return Buffer.concat([raw.subarray(0, from), by(raw.subarray(from, to)), raw.subarray(to)]);
}

function pieceOf(raw: Buffer, random: Random): Buffer {
  const from = below(raw.length, random);
  return raw.subarray(from, from + below(4000, random));
}

function insert(raw: Buffer, random: Random, text: string): Buffer {
  const at = below(raw.length, random);
  return Buffer.concat([raw.subarray(0, at), Buffer.from(text), raw.subarray(at)]);
}

function shuffleLines(raw: Buffer, random: Random): Buffer {
  const lines = raw.toString('latin1').split('\n');
  for (let swaps = 10; swaps > 0; swaps--) {
    const [one, other] = [below(lines.length, random), below(lines.length, random)];
    [lines[one], lines[other]] = [lines[other] ?? '', lines[one] ?? ''];
  }
  return Buffer.from(lines.join('\n'), 'latin1');
}
