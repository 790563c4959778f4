/** Reply and forward marks of mail programs in many languages, as they pile up at the start of a subject. */
const MARK =
  /^(?:re|aw|antw|antwort|sv|vs|ref|rif|r|res|resp|odp|ynt|vá|blz|fwd?|wg|tr|rv|enc|doorst|vb|vl|i|pd|回复|答复|转发|返信|転送|回覆|轉寄)(?:\[\d+\]|\(\d+\))?\s*[:：]\s*/iu;

/** The words of a subject, without `Re:`, `Fwd:`, `WG:` before them. */
export function withoutSubjectMarks(subject: string): string {
  let words = subject.trimStart();
  while (MARK.test(words)) words = words.replace(MARK, '');
  return words;
}
