/** More ancestors than this say nothing new; the newest are kept (TH-10, reliability.md §8 case 30). */
const REFERENCES_MAX = 500;

/** RFC 5322 §2.1.1 allows a line of 998 octets, and no id is longer than a line. */
const MESSAGE_ID_CHARACTERS_MAX = 998;

/**
 * The Message-IDs in a Message-ID, In-Reply-To or References value, in order, without brackets (RFC 5322 §3.6.4).
 *
 * Lenient in three ways that real mail needs: white space inside the brackets is a broken fold and dropped; ids without
 * any brackets count when nothing in the value has them; words around the ids ("Your message of Monday <id>") do not.
 */
export function readMessageIds(value: string): string[] {
  const bracketed = value.includes('<') ? betweenBrackets(value) : [];
  if (bracketed.length > 0) return bracketed;
  return value.split(/[\s,]+/).filter((word) => UNBRACKETED_ID.test(word) && word.length <= MESSAGE_ID_CHARACTERS_MAX);
}

const UNBRACKETED_ID = /^[^\s<>@]+@[^\s<>@]+$/;

/** From each `>` back to the nearest `<` of its own piece: linear also over a hostile `<<<<` or `>>>>`. */
function betweenBrackets(value: string): string[] {
  const ids: string[] = [];
  for (const piece of value.split('>').slice(0, -1)) {
    const open = piece.lastIndexOf('<');
    if (open === -1 || piece.length - open > MESSAGE_ID_CHARACTERS_MAX) continue;
    const id = piece.slice(open + 1).replace(/\s+/g, '');
    if (id !== '') ids.push(id);
  }
  return ids;
}

/** The ids of all values together, oldest first, each once, cut to the newest; says whether anything was cut. */
export function readReferences(values: string[]): { ids: string[]; cut: boolean } {
  const ids = [...new Set(values.flatMap(readMessageIds))];
  return { ids: ids.slice(-REFERENCES_MAX), cut: ids.length > REFERENCES_MAX };
}
