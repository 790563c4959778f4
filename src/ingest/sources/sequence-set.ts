/** A sequence-set of RFC 9051 §4.1.1 for UIDs in ascending order: `1:3,7`. */
export function sequenceSet(uids: number[]): string {
  const parts: string[] = [];
  for (let from = 0; from < uids.length; ) {
    let to = from;
    while (uids[to + 1] === (uids[to] ?? 0) + 1) to += 1;
    parts.push(from === to ? `${uids[from]}` : `${uids[from]}:${uids[to]}`);
    from = to + 1;
  }
  return parts.join(',');
}
