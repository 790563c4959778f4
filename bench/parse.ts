/**
 * What reading a mail costs: parse, classify and trim on every mail of the corpus, beside mailparser alone, turn and turn about in one
 * process. `--runs 5` for more turns, `--json` for machines, `--worst` for a megabyte of each kind of hostile text instead, medians of 5.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { simpleParser } from 'mailparser';
import { classifyMail } from '../src/core/classify.ts';
import { parseMail } from '../src/ingest/parse-mail.ts';
import { trimReply } from '../src/ingest/trim/trim.ts';

const CORPUS = join(import.meta.dirname, '../../shared/corpus');
const OWN = { addresses: ['support@desk.test'], isOwnMessageId: () => false };

interface Turn {
  mailsPerSecond: number;
  cpuMsPerMail: number;
  p50Ms: number;
  p99Ms: number;
}

type Read = (raw: Buffer) => Promise<unknown>;

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, json: { type: 'boolean' }, worst: { type: 'boolean' } },
});

if (options.worst) printWorst();
else await printCorpus(Number(options.runs));

async function printCorpus(runs: number): Promise<void> {
  const mails = readdirSync(CORPUS, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(?:eml|msg|txt|box)$/.test(entry.name))
    .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
  const readers: [name: string, read: Read][] = [
    ['mailparser', (raw) => simpleParser(raw)],
    ['mailparser, no HTML made', (raw) => simpleParser(raw, { skipTextToHtml: true, skipImageLinks: true })],
    ['Docket', async (raw) => classifyMail(await parseMail(raw), OWN)],
  ];
  // The first turn of each compiles the code, and counts for nothing.
  for (const [, read] of readers) await takeTurn(mails, read);
  const turns = new Map(readers.map(([name]) => [name, [] as Turn[]]));
  for (let run = 0; run < runs; run++) {
    for (const [name, read] of readers) turns.get(name)?.push(await takeTurn(mails, read));
  }
  const medians = [...turns].map(([reader, all]) => ({ reader, ...medianTurn(all) }));
  if (options.json) console.log(JSON.stringify({ mails: mails.length, runs, medians }));
  else {
    console.log(`${mails.length} mails, medians of ${runs} runs`);
    console.table(medians);
  }
}

async function takeTurn(mails: Buffer[], read: Read): Promise<Turn> {
  const tookMs: number[] = [];
  const cpu = process.cpuUsage();
  const start = performance.now();
  for (const raw of mails) {
    const began = performance.now();
    // What mailparser refuses it has read as far as it does.
    await read(raw).catch(() => null);
    tookMs.push(performance.now() - began);
  }
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  tookMs.sort((one, other) => one - other);
  const percentile = (share: number) => round(tookMs[Math.floor(tookMs.length * share)] ?? 0);
  return {
    mailsPerSecond: Math.round(mails.length / seconds),
    cpuMsPerMail: round((user + system) / 1000 / mails.length),
    p50Ms: percentile(0.5),
    p99Ms: percentile(0.99),
  };
}

function medianTurn(turns: Turn[]): Turn {
  const median = (pick: (turn: Turn) => number) => {
    const values = turns.map(pick).sort((one, other) => one - other);
    return values[Math.floor(values.length / 2)] ?? 0;
  };
  return {
    mailsPerSecond: median((turn) => turn.mailsPerSecond),
    cpuMsPerMail: median((turn) => turn.cpuMsPerMail),
    p50Ms: median((turn) => turn.p50Ms),
    p99Ms: median((turn) => turn.p99Ms),
  };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Lines that nearly are what the rules of trimming look for, on as many lines as are looked at. */
function printWorst(): void {
  const lines = [
    '>',
    `${'>'.repeat(200)} a`,
    'On Mon, 23 Nov 2026 at 10:00, Karen <karen@customer.test> wrote:',
    'On Mon, 23 Nov 2026 at 10:00, Karen <karen@customer.test> wrot',
    'On 12.5.2024 10:00',
    'a:b:c:d:e:f:g:h',
    'From: a',
    'From: a\nSent: b\nTo: c\nSubject: d',
    '> quoted\nanswer',
    'Best regards,\nKaren',
    '-- \nKaren',
    '-----Original Message-----',
    '写道：',
    'a'.repeat(1024 * 1024),
    'a: '.repeat(350_000),
    ' ,'.repeat(500_000),
    'a@b.cc '.repeat(150_000),
  ];
  const rows = lines.map((line) => {
    const text = `${line}\n`.repeat(Math.max(1, Math.floor((1024 * 1024) / (line.length + 1)))).slice(0, 1024 * 1024);
    const inBound = text.split('\n').slice(0, 19_000).join('\n');
    trimReply(inBound, 'Re: x');
    const tookMs = Array.from({ length: 5 }, () => {
      const cpu = process.cpuUsage();
      trimReply(inBound, 'Re: x');
      const { user, system } = process.cpuUsage(cpu);
      return (user + system) / 1000;
    }).sort((one, other) => one - other);
    return {
      line: JSON.stringify(line.slice(0, 40)),
      kilobytes: Math.round(inBound.length / 1024),
      cpuMs: round(tookMs[2] ?? 0),
    };
  });
  if (options.json) console.log(JSON.stringify(rows));
  else console.table(rows);
}
