import { corpusIsThere, listMeasures } from './folders.ts';
import { DOCKET, installedLibraries } from './reader.ts';

/** `npm run corpus`: right of total for each measure, ours and the libraries' that are installed; `--misses` names ours. */
async function printScoreboard(): Promise<void> {
  if (!corpusIsThere) {
    console.log('shared/corpus is not beside the repository: there is nothing to measure on.');
    return;
  }
  const readers = [DOCKET, ...(await installedLibraries())];
  const rows = [['folder', 'measure', ...readers.map(({ name }) => name)]];
  for (const { folder, name, cases } of await listMeasures()) {
    const scores = readers.map((reader) => {
      const answers = cases.map(({ isRight }) => isRight(reader)).filter((answer) => answer !== null);
      const right = answers.filter((answer) => answer).length;
      return answers.length === 0 ? '' : `${right}/${answers.length} ${((100 * right) / answers.length).toFixed(1)}%`;
    });
    rows.push([folder, name, ...scores]);
    if (process.argv.includes('--misses')) {
      for (const each of cases)
        if (each.isRight(DOCKET) === false) console.log(`miss: ${folder}, ${name}: ${each.name}`);
    }
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  const lines = rows.map((row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`);
  lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  console.log(lines.join('\n'));
}

await printScoreboard();
