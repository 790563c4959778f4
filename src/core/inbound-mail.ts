/**
 * Docket's own view of one mail. Everything after parsing reads this and never the parser library's object, so that a
 * change of parser stays inside `src/ingest`. All of it is a function of the raw bytes and can be recomputed.
 */
export interface InboundMail {
  /** Without brackets; null when there is none, or several that disagree (then a defect says so). RFC 5322 §3.6.4. */
  messageId: string | null;
  inReplyTo: string[];
  /** Oldest first, cut to the newest when there are too many. */
  references: string[];
  /** Null when no single usable address stands in a single From header. */
  from: MailAddress | null;
  sender: MailAddress | null;
  replyTo: MailAddress[];
  to: MailAddress[];
  cc: MailAddress[];
  /** Delivered-To, X-Original-To and Envelope-To, as the receiving server wrote them, topmost first. */
  deliveredTo: string[];
  /** Return-Path: an address, '' for the null sender `<>`, or null when the server wrote none. */
  returnPath: string | null;
  /** Decoded, one line, no control characters. */
  subject: string;
  /** The Date header where it can be read; order and clocks use the server's date instead (IN-09). */
  date: Date | null;
  /** Every header field in order, the name in lower case, the value unfolded and undecoded. A list, never an object keyed by name (WEB-18). */
  headers: HeaderField[];
  /** The readable text: the text/plain body, or what the HTML says. Well-formed Unicode, `\n` line ends, no NUL. */
  text: string;
  /** The HTML body as sent, unsanitised; null when there is none. */
  html: string | null;
  /** In order and without gaps: concatenating them gives `text`. */
  spans: TextSpan[];
  cuts: TextCut[];
  forwarded: ForwardedMail | null;
  attachments: InboundAttachment[];
  deliveryReports: DeliveryReport[];
  calendar: CalendarInvite[];
  protection: 'none' | 'signed' | 'encrypted';
  /** BCP 47, when known with confidence. */
  language: string | null;
  defects: MailDefect[];
}

export interface MailAddress {
  /** Decoded display name, one line; '' when there is none. A claim, never an identity. */
  name: string;
  /** Canonical: NFC local part as written, domain in lower-case A-labels (IN-14). */
  address: string;
}

export interface HeaderField {
  name: string;
  value: string;
}

export type TextSpanKind = 'reply' | 'quoted' | 'signature';

/** `from` and `to` are offsets into `text` in UTF-16 code units. */
export interface TextSpan {
  kind: TextSpanKind;
  from: number;
  to: number;
}

/** Why a span was told apart: the rule's name and how sure it is. */
export interface TextCut {
  rule: string;
  confidence: 'certain' | 'likely';
  from: number;
  to: number;
}

export interface ForwardedMail {
  from: MailAddress | null;
  date: Date | null;
  subject: string;
  text: string;
  /** Of its own `text`. */
  spans: TextSpan[];
  /** Where it begins in the mail's text, below what its sender says of it; null for an attached one. */
  startsAt: number | null;
}

export interface InboundAttachment {
  /** Path of the MIME part in the raw mail, IMAP style: `1.2`. */
  partPath: string;
  /** Safe to show and to save under: no path, no controls. */
  fileName: string;
  contentType: string;
  sizeBytes: number;
  /** Of the decoded content, lower-case hex. */
  sha256: string;
  contentId: string | null;
  inline: boolean;
}

/** One recipient's block of a DSN (RFC 3464 §2.3). */
export interface DeliveryReport {
  recipient: string | null;
  action: 'failed' | 'delayed' | 'delivered' | 'relayed' | 'expanded';
  /** RFC 3463, such as `5.1.1`; null when the report names none. */
  status: string | null;
  permanent: boolean;
  /** A class such as `no-such-user`, `mailbox-full`; null when unknown. */
  reason: string | null;
  diagnostic: string | null;
  /** Message-ID of the mail that came back, without brackets. */
  originalMessageId: string | null;
}

export interface CalendarInvite {
  method: string;
  summary: string;
  start: string | null;
  end: string | null;
  organizer: string | null;
}

/** A departure from the RFCs, or from what we accept, that parsing survived. Documented in docs/mail-rules.md. */
export interface MailDefect {
  code: MailDefectCode;
  /** Short, without private text. */
  detail: string;
}

export const MAIL_DEFECT_CODES = [
  'empty',
  'header-only',
  'over-limit',
  'parser-refused',
  'message-id-missing',
  'message-id-repeated',
  'date-missing',
  'date-unreadable',
  'from-missing',
  'from-repeated',
  'from-several-addresses',
  'from-unreadable',
  'address-disagreement',
  'address-changed-by-canonical-form',
  'header-name-space',
  'header-lone-cr',
  'bidi-control',
  'nul-bytes',
  'text-from-html',
  'charset-unknown',
  'content-type-repeated',
  'size-mismatch',
  'attachment-name-changed',
  'multipart-boundary-missing',
  'transfer-encoding-invalid',
] as const;

export type MailDefectCode = (typeof MAIL_DEFECT_CODES)[number];

/** What kind of mail this is (design.md §5). */
export type MailKind =
  | 'person'
  | 'auto-reply'
  | 'bounce'
  | 'delivery-report'
  | 'complaint'
  | 'read-receipt'
  | 'list'
  | 'loop';

export interface MailKindVerdict {
  kind: MailKind;
  evidence: Evidence[];
}

/** One observation that a decision rests on: the rule that looked, and what it saw (no private text). */
export interface Evidence {
  rule: string;
  saw: string;
}
