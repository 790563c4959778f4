/**
 * The known word a writer most likely meant, for "did you mean": the closest one by edit distance, or null when nothing is
 * close enough to be a slip (about one slip in three letters).
 */
export function nearestWord(word: string, known: Iterable<string>): string | null {
  const wanted = word.toLowerCase();
  let nearest: string | null = null;
  let slipsMin = Math.floor(wanted.length / 3) + 1;
  for (const candidate of known) {
    const slips = editDistance(wanted, candidate.toLowerCase());
    if (slips < slipsMin) {
      nearest = candidate;
      slipsMin = slips;
    }
  }
  return nearest;
}

/** Letters added, dropped, replaced, or swapped with their neighbour, to get from `a` to `b`. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0;
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    rows.push(row);
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? at(i - 2, j - 2) + 1 : replaced;
      row.push(Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}
