import type {
  DeliveryReport,
  InboundMail,
  MailAddress,
  MailKind,
  MailKindVerdict,
  TextCut,
  TextSpan,
  TextSpanKind,
} from '../core/inbound-mail.ts';
import { errorMessage } from '../errors.ts';
import type { CliContext } from './context.ts';
import { type Output, printable, printableLines } from './output.ts';

/** `docket mail inspect`: what Docket makes of mail files, each on its own, without a database. */
export async function inspect(
  context: CliContext,
  files: string[],
  { own = [], json }: { own?: string[]; json?: boolean },
): Promise<void> {
  const [{ parseMail }, { classifyMail }] = await Promise.all([
    import('../ingest/parse-mail.ts'),
    import('../core/classify.ts'),
  ]);
  const isOwnMessageId = await ownMessageIds(context);
  for (const [at, file] of (files.length === 0 ? ['-'] : files).entries()) {
    const raw = await readFileOrSay(context, file, files.length > 1);
    if (raw === null) continue;
    const mail = await parseMail(raw);
    const verdict = classifyMail(mail, { addresses: own, isOwnMessageId });
    if (json) context.output.json(inspectedMail(file, mail, verdict));
    else {
      if (at > 0) context.output.line();
      showInspected(context.output, file, mail, verdict);
    }
  }
}

/** One unreadable file of several is said and passed over. */
async function readFileOrSay(context: CliContext, file: string, isOneOfSeveral: boolean): Promise<Buffer | null> {
  try {
    return await context.readInput(file);
  } catch (error) {
    if (!isOneOfSeveral) throw error;
    context.output.say(errorMessage(error));
    context.noteFailure();
    return null;
  }
}

/** Our Message-IDs are recognised where the key that signed them is at hand. */
async function ownMessageIds(context: CliContext): Promise<(id: string) => boolean> {
  const { secretKey, secretKeysOld } = context.config;
  if (secretKey === null) return () => false;
  const { readMessageId, signingKeys } = await import('../core/reply-token.ts');
  const keys = signingKeys(secretKey, secretKeysOld);
  return (id) => readMessageId(keys, id) !== null;
}

/** The line of `--json`. Its fields and their order are a promise to scripts. */
function inspectedMail(file: string, mail: InboundMail, { kind, evidence }: MailKindVerdict): object {
  return {
    file,
    messageId: mail.messageId,
    inReplyTo: mail.inReplyTo,
    references: mail.references,
    from: mail.from,
    sender: mail.sender,
    replyTo: mail.replyTo,
    to: mail.to,
    cc: mail.cc,
    subject: mail.subject,
    date: mail.date,
    kind,
    evidence,
    language: mail.language,
    text: mail.text,
    reply: textOf(mail, 'reply'),
    quoted: textOf(mail, 'quoted'),
    signature: textOf(mail, 'signature'),
    forwarded: forwardedMail(mail),
    attachments: mail.attachments.map(({ fileName, contentType, sizeBytes, sha256, contentId, inline }) => ({
      filename: fileName,
      contentType,
      sizeBytes,
      sha256,
      contentId,
      inline,
    })),
    deliveryReports: mail.deliveryReports,
    calendar: mail.calendar,
    protection: mail.protection,
    defects: mail.defects,
    cuts: mail.cuts,
  };
}

function forwardedMail({ forwarded }: InboundMail): object | null {
  if (forwarded === null) return null;
  const { from, date, subject, text } = forwarded;
  return { from, date, subject, text };
}

function textOf({ text, spans }: InboundMail, kind: TextSpanKind): string {
  return spans
    .filter((span) => span.kind === kind)
    .map(({ from, to }) => text.slice(from, to))
    .join('');
}

/** What each kind means for the desk, in half a sentence. */
const KINDS: Record<MailKind, string> = {
  person: 'somebody wrote it',
  'auto-reply': 'a machine answered',
  bounce: 'our mail came back',
  'delivery-report': 'news of our mail on its way',
  complaint: 'somebody called our mail spam',
  'read-receipt': 'our mail was opened or deleted',
  list: 'sent to many, by a list',
  loop: 'our own mail, or one in circles',
};

const PROTECTIONS: Record<InboundMail['protection'], string> = {
  none: '',
  signed: 'signed, not verified here',
  encrypted: 'encrypted, not readable here',
};

function showInspected(output: Output, file: string, mail: InboundMail, { kind, evidence }: MailKindVerdict): void {
  const fact = (name: string, value: string) => output.line(`  ${name.padEnd(14)}${printable(value)}`);
  output.line(output.colour('bold', file === '-' ? 'standard input' : printable(file)));
  fact('kind', `${kind}, ${KINDS[kind]}`);
  for (const { rule, saw } of evidence) fact('  because', `${rule}: ${saw}`);
  if (evidence.length === 0) fact('  because', 'no mark of a machine, a list or our own in it');
  for (const [name, value] of headerFacts(mail)) if (value !== '') fact(name, value);
  for (const report of mail.deliveryReports) fact('report', reportLine(report));
  for (const { method, summary, start, end, organizer } of mail.calendar) {
    fact(
      'invite',
      [method, `"${summary}"`, [start, end].filter(Boolean).join(' to '), organizer].filter(Boolean).join(', '),
    );
  }
  if (mail.forwarded !== null) {
    const { from, date, subject } = mail.forwarded;
    const parts = [from === null ? 'somebody without an address' : formatAddress(from), date?.toISOString(), subject];
    fact('passes on', `a mail of ${parts.filter(Boolean).join(', ')}`);
  }
  for (const { fileName, contentType, sizeBytes, inline } of mail.attachments) {
    fact(inline ? 'inline part' : 'attachment', `${fileName} (${contentType}, ${sizeBytes} bytes)`);
  }
  for (const { code, detail } of mail.defects) fact('defect', `${code}: ${detail}`);
  for (const span of mail.spans) showSpan(output, mail, span);
}

function headerFacts(mail: InboundMail): [name: string, value: string][] {
  const addresses = (list: MailAddress[]) => list.map(formatAddress).join(', ');
  return [
    ['from', mail.from === null ? 'no single usable address' : formatAddress(mail.from)],
    ['sender', mail.sender === null ? '' : formatAddress(mail.sender)],
    ['reply to', addresses(mail.replyTo)],
    ['to', addresses(mail.to)],
    ['cc', addresses(mail.cc)],
    ['return path', mail.returnPath === '' ? '<>, nobody' : (mail.returnPath ?? '')],
    ['subject', mail.subject],
    ['date', mail.date?.toISOString() ?? 'none that can be read'],
    ['Message-ID', mail.messageId ?? 'none'],
    ['in reply to', mail.inReplyTo.join(' ')],
    ['language', mail.language ?? ''],
    ['protection', PROTECTIONS[mail.protection]],
  ];
}

function reportLine({
  recipient,
  action,
  status,
  permanent,
  reason,
  diagnostic,
  originalMessageId,
}: DeliveryReport): string {
  const lasting = action === 'failed' ? (permanent ? ' for good' : ' for now') : '';
  const why = [reason, status].filter(Boolean).join(', ');
  const about = originalMessageId === null ? '' : `, about <${originalMessageId}>`;
  const said = diagnostic === null ? '' : `: ${diagnostic}`;
  return `${recipient ?? 'nobody named'} ${action}${lasting}${why === '' ? '' : ` (${why})`}${about}${said}`;
}

/** Of what was quoted so much is shown that one sees what it is. */
const QUOTED_LINES_SHOWN = 6;

function showSpan(output: Output, { text, cuts }: InboundMail, { kind, from, to }: TextSpan): void {
  const words = text.slice(from, to).trimEnd();
  if (words === '') return;
  const cut = cuts.find((one) => one.from === from && one.to === to);
  output.line();
  output.line(output.colour('gray', `  ${kind}${cut === undefined ? '' : `, ${cutReason(cut)}`}`));
  const lines = printableLines(words).filter(
    (line, at, all) => line.trim() !== '' || (at > 0 && all[at - 1]?.trim() !== ''),
  );
  const shown = kind === 'quoted' ? lines.slice(0, QUOTED_LINES_SHOWN) : lines;
  for (const line of shown) output.line(`  | ${line}`.trimEnd());
  const left = lines.length - shown.length;
  if (left > 0) output.line(output.colour('gray', `  … ${left} more line${left === 1 ? '' : 's'}`));
}

function cutReason({ rule, confidence }: TextCut): string {
  return `by ${rule}, ${confidence}`;
}

function formatAddress({ name, address }: MailAddress): string {
  return name === '' ? address : `${name} <${address}>`;
}
