import { parseArgs } from 'node:util';
import { listMeasures } from './folders.ts';
import { fuzz } from './fuzz.ts';
import { corpusIsThere, type Measure } from './measure.ts';
import { DOCKET, installedLibraries, type Reader } from './reader.ts';

/** `npm run corpus`: right of total for each measure, ours and the libraries' that are installed; `--misses` names ours. */
async function printScoreboard(): Promise<void> {
  if (!corpusIsThere) {
    console.log('shared/corpus is not beside the repository: there is nothing to measure on.');
    return;
  }
  const readers = [DOCKET, ...(await installedLibraries())];
  const rows = [['folder', 'measure', ...readers.map(({ name }) => name)]];
  const measures = await listMeasures();
  for (const { folder, name, cases } of measures) {
    rows.push([folder, name, ...readers.map((reader) => score(cases.map(({ isRight }) => isRight(reader))))]);
    if (options.misses) {
      for (const each of cases)
        if (each.isRight(DOCKET) === false) console.log(`miss: ${folder}, ${name}: ${each.name}`);
    }
  }
  rows.push(...pooledRows(readers, measures));
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  console.log(lines.join('\n'));
}

/**
 * Ours beside each library, pooled over the corpus: over all that a library has a notion of, over that without the folder made of its own
 * tests, and over everything, where a question that a library cannot answer is not answered right.
 */
function pooledRows(readers: Reader[], measures: Measure[]): string[][] {
  const row = (title: string, cases: Measure['cases'], asked: Reader[]) => [
    'pooled',
    title,
    ...readers.map((reader) =>
      reader === DOCKET || asked.includes(reader) ? score(cases.map(({ isRight }) => isRight(reader) ?? false)) : '',
    ),
  ];
  const comparable = readers.slice(1).flatMap((library) => {
    const asked = (measure: Measure) => measure.cases.filter(({ isRight }) => isRight(library) !== null);
    const elsewhere = measures.filter(({ folder }) => folder !== library.ownFolder);
    return [
      row(`what ${library.name} is asked`, measures.flatMap(asked), [library]),
      ...(library.ownFolder === null
        ? []
        : [row(`what ${library.name} is asked, its own tests aside`, elsewhere.flatMap(asked), [library])]),
    ];
  });
  const everything = measures.flatMap((measure) => measure.cases);
  return [...comparable, row('everything', everything, readers)];
}

function score(answers: (boolean | null)[]): string {
  const given = answers.filter((answer) => answer !== null);
  const right = given.filter((answer) => answer).length;
  return given.length === 0 ? '' : `${right}/${given.length} ${((100 * right) / given.length).toFixed(1)}%`;
}

/** `npm run corpus -- --fuzz 5000 [--seed 1]`: what is read unsoundly of so many mutated mails. */
async function printFindings(count: number, seed: number): Promise<void> {
  const findings = await fuzz({ count, seed });
  for (const finding of findings) console.log(JSON.stringify(finding));
  console.log(`${findings.length} of ${count} mutated mails were read unsoundly, from seed ${seed}.`);
  if (findings.length > 0) process.exitCode = 1;
}

const { values: options } = parseArgs({
  options: { misses: { type: 'boolean' }, fuzz: { type: 'string' }, seed: { type: 'string' } },
});
if (options.fuzz === undefined) await printScoreboard();
else await printFindings(Number(options.fuzz), Number(options.seed ?? '1'));
