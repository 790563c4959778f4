import type { MailDefect, MailDefectCode } from '../core/inbound-mail.ts';

/** Defects as they are found: one of each code, the first one found. A mail has defects, not a log of them. */
export class DefectList {
  readonly #found = new Map<MailDefectCode, string>();

  /** `detail` is short and holds no private text. */
  add(code: MailDefectCode, detail: string): void {
    if (!this.#found.has(code)) this.#found.set(code, detail);
  }

  list(): MailDefect[] {
    return [...this.#found].map(([code, detail]) => ({ code, detail }));
  }
}
