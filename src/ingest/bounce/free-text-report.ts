import { failureReason } from '../../core/failure-reasons.ts';
import type { DeliveryReport } from '../../core/inbound-mail.ts';
import { canonicalAddress } from '../address.ts';
import { cutText, oneLine } from '../clean-text.ts';
import { readHeader } from '../header-reader.ts';
import { type NamedRecipient, namedRecipients } from './recipient-lines.ts';
import { failureClass, failureStatus } from './reply-codes.ts';
import { splitReturnedText } from './returned-text.ts';

const REPORT_CHARACTERS_MAX = 64 * 1024;
const RECIPIENTS_MAX = 200;
const DIAGNOSTIC_CHARACTERS_MAX = 500;
const DIAGNOSTIC_LINES_MAX = 12;

/** What is known beside the text of a mail that came back. */
export interface ReturnedContext {
  /** From X-Failed-Recipients and the header of the returned mail: whom it is about when the text names nobody. */
  likelyRecipients: string[];
  /** Who sent the report and whom it came to: named in it, but never the failed recipient. */
  bystanders: string[];
  /** Where the report comes from: completes a local part that stands without its domain. */
  reporterDomain: string | null;
  subject: string;
  originalMessageId: string | null;
}

/**
 * What a report in plain words says about each recipient: the mail of the many servers that know no RFC 3464, or write it wrong.
 * A failure unless the words say that delivery goes on.
 */
export function readFreeTextReport(text: string, context: ReturnedContext): DeliveryReport[] {
  const { report, returned } = splitReturnedText(text);
  const words = report.slice(0, REPORT_CHARACTERS_MAX);
  const lines = words.split('\n');
  const header = readHeader(Buffer.from(returned.slice(0, REPORT_CHARACTERS_MAX)));
  const originalMessageId = context.originalMessageId ?? header.messageId;
  const everything = `${words}\n${context.subject}`;
  const delayed = DELAYED.test(context.subject) || DELAYED.test(words);
  const named = usable(namedRecipients(lines, context.reporterDomain), context.bystanders);
  const recipients: NamedRecipient[] =
    named.length > 0 ? named : likely(context, header.fields.find(({ name }) => name === 'to')?.value ?? '');
  if (!delayed && !named.some(({ strength }) => strength === 3) && !FAILED.test(everything)) return [];
  return recipients.slice(0, RECIPIENTS_MAX).map((recipient, at): DeliveryReport => {
    const diagnostic = diagnosticOf(lines, recipient, recipients[at + 1]?.line ?? lines.length);
    const status = failureStatus(diagnostic) ?? failureStatus(everything);
    const reason = failureReason(null, diagnostic) ?? failureReason(status, everything);
    const permanence = failureClass(failureStatus(diagnostic), diagnostic) ?? failureClass(status, everything);
    return {
      recipient: recipient.address,
      action: delayed ? 'delayed' : 'failed',
      status,
      permanent: !delayed && permanence !== '4',
      reason,
      diagnostic: cutText(diagnostic, DIAGNOSTIC_CHARACTERS_MAX) || null,
      originalMessageId,
    };
  });
}

/** Words that say a mail did not arrive. */
const FAILED =
  /(?:could|can|was|were|has|have|did) ?not (?:yet )?(?:be )?(?:been )?(?:delivered|sent|reach)|undeliver|un?able to deliver|deliver(?:y|ed|ing)?\b.{0,80}\b(?:fail|problem|error|abort)|fail(?:ed|ure)|\berrors?\b|rejected|returned (?:mail|message)|non remis|送信(?:できません|に失敗)/i;

/** Words that say delivery goes on. */
const DELAYED =
  /has not yet been delivered|not (?:yet )?been delivered (?:to .{0,80})?(?:after|because)|(?:still being|will be) retried|warning (?:message )?only|warning: (?:message|could not send)|no action is required|has been delayed|delivery status notification \(delay\)|(?:delivery|we) (?:attempts )?will continue\b|has been postponed|delayed mail\b|we will continue to try/i;

/** Canonical, each once, without those who only handle the report. */
function usable(named: NamedRecipient[], bystanders: string[]): NamedRecipient[] {
  const seen = new Set<string>();
  const kept: NamedRecipient[] = [];
  for (const one of named) {
    const address = canonicalAddress(one.address)?.address;
    const key = address?.toLowerCase();
    // `karen...@customer.test` is an archive's way to hide the rest.
    if (address === undefined || key === undefined || seen.has(key) || key.includes('...@')) continue;
    seen.add(key);
    kept.push({ ...one, address });
  }
  const others = kept.filter(({ address }) => !bystanders.includes(address.toLowerCase()));
  return others.length > 0 ? others : kept;
}

/** Nobody is named: the program's own list, else the one person the returned mail was to. */
function likely(context: ReturnedContext, to: string): NamedRecipient[] {
  const fromHeader = to.split(',').map((one) => /([^\s<>"]+@[^\s<>"]+)/.exec(one)?.[1] ?? '');
  const addresses = context.likelyRecipients.length > 0 ? context.likelyRecipients : fromHeader.slice(0, 2);
  const known = addresses
    .flatMap((address) => canonicalAddress(address)?.address ?? [])
    .filter((address) => !context.bystanders.includes(address.toLowerCase()));
  const one = context.likelyRecipients.length > 0 ? known : known.length === 1 ? known : [];
  return [...new Set(one)].map((address) => ({ address, line: -1, rule: 'returned-header', strength: 0 }));
}

/** The words about this recipient: its line's and what follows it, else what a transcript says where it names the address. */
function diagnosticOf(lines: string[], recipient: NamedRecipient, nextRecipient: number): string {
  const below =
    recipient.line === -1
      ? ''
      : joined(lines.slice(recipient.line, Math.min(nextRecipient, recipient.line + DIAGNOSTIC_LINES_MAX)));
  const said = withoutAddress(below, recipient.address);
  if (failureClass(failureStatus(said), said) !== null || failureReason(null, said) !== null) return said;
  const mention = recipient.address.toLowerCase();
  const elsewhere = lines
    .filter((line, at) => at !== recipient.line && line.toLowerCase().includes(mention))
    .slice(0, DIAGNOSTIC_LINES_MAX);
  return elsewhere.length > 0 ? joined(elsewhere) : said;
}

function withoutAddress(text: string, address: string): string {
  const at = text.toLowerCase().indexOf(address.toLowerCase());
  return at === -1 || at > 8 ? text : text.slice(at + address.length).replace(/^[\s"'>:]+/, '');
}

function joined(lines: string[]): string {
  return oneLine(lines.join(' ')).replace(/\s+/g, ' ');
}
