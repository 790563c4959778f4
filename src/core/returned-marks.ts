import type { InboundMail } from './inbound-mail.ts';

/** The part of a mail that says who sent it back; what is read of it is the header alone. */
export type ReturnedHeader = Pick<InboundMail, 'headers' | 'returnPath' | 'subject'>;

/** One sign in the header that a mail system sent this, not a person. */
export interface ReturnedMark {
  rule: string;
  saw: string;
  /** 3 is enough alone; the words of a subject never are. */
  weight: 1 | 2 | 3;
  /** Set by machines only. Without one such mark nothing is a bounce. */
  byMachine: boolean;
}

/** What the header alone says for a mail having come back (RFC 3461 to 3464, RFC 5321 §4.5.5, and what programs do instead). */
export function returnedMarks(mail: ReturnedHeader): ReturnedMark[] {
  const marks: ReturnedMark[] = [];
  const mark = (rule: string, saw: string, weight: ReturnedMark['weight'], byMachine = true) =>
    marks.push({ rule, saw, weight, byMachine });
  const from = field(mail, 'from');
  const sender = senderMark(from);
  if (sender !== null) mark(sender.rule, 'From', sender.weight);
  if (field(mail, 'x-failed-recipients') !== '') mark('failed-recipients', 'X-Failed-Recipients', 3);
  if (mail.returnPath === '') mark('null-return-path', 'Return-Path', 2);
  else if (DAEMON.test(mail.returnPath ?? '')) mark('daemon-return-path', 'Return-Path', 2);
  if (/^<\s*>$/.test(from)) mark('no-sender', 'From', 2);
  if (
    /^multipart\/.*report-type\s*=\s*"?delivery-status|^message\/delivery-status/i.test(field(mail, 'content-type'))
  ) {
    mark('report-type', 'Content-Type', 2);
  }
  if (BOUNCE_ADDRESS.test(field(mail, 'to'))) mark('to-bounce-address', 'To', 1);
  const subject = RETURNED_SUBJECTS.find(({ pattern }) => pattern.test(mail.subject));
  if (subject !== undefined) mark(`subject-${subject.name}`, 'Subject', 2, false);
  return marks;
}

function field(mail: ReturnedHeader, name: string): string {
  return mail.headers.find((one) => one.name === name)?.value ?? '';
}

const DAEMON = /^<?(?:mail(?:er)?-?daemon|mdaemon|double-bounce)(?:[@>]|$)/i;

/** People do not write to the addresses that only return paths name (RFC 5321 §4.4, VERP). */
const BOUNCE_ADDRESS = /[\w.]-(?:bounces?|owner)@|\bbounces?[+=-][^\s@]{1,200}@/i;

function senderMark(from: string): { rule: string; weight: 1 | 2 | 3 } | null {
  const localPart = /([^\s<"(,;:]*)@/.exec(from)?.[1] ?? from;
  if (DAEMON.test(localPart) || /<?mailer-daemon\b/i.test(from)) return { rule: 'mailer-daemon', weight: 3 };
  if (/^"?'?(?:mail )?deliver(?:y|) (?:sub)?system|^"?mail deliver(?:y)? (?:sub)?system/i.test(from)) {
    return { rule: 'delivery-system', weight: 3 };
  }
  if (/^postmaster$/i.test(localPart) || /^"?<?"?(?:postmaster|system administrator)\b/i.test(from)) {
    return { rule: 'postmaster', weight: 1 };
  }
  return MACHINE_LOCAL_PART.test(localPart) ? { rule: 'machine-sender', weight: 1 } : null;
}

/** Names that programs send under. Weak: a notification from `noreply` is mostly none of our mail come back. */
const MACHINE_LOCAL_PART =
  /^(?:no-?reply|ndr|bounces?|imss|mail[._-]?(?:delivery|system|service|gateway)|delivery)|smtp|antivirus|gateway/i;

/** How subjects of returned mail begin, by the software or language that writes them. Each has its sample. */
export const RETURNED_SUBJECTS: { name: string; pattern: RegExp; sample: string }[] = [
  { name: 'undelivered', pattern: /^undelivered (?:mail|message)\b/i, sample: 'Undelivered Mail Returned to Sender' },
  {
    name: 'undeliverable',
    pattern: /^(?:message status - )?undeliverable(?: mail| message)?\b|^message undeliverable/i,
    sample: 'Undeliverable: Your order',
  },
  { name: 'returned', pattern: /^returned (?:mail|message)\b/i, sample: 'Returned mail: see transcript for details' },
  {
    name: 'status-notification',
    pattern: /^(?:mail )?delivery (?:status|problem|delayed|report)\b|^(?:delivery )?status notification \(/i,
    sample: 'Delivery Status Notification (Failure)',
  },
  {
    name: 'delivery-failed',
    pattern:
      /^(?:.{0,60} )?(?:mail|message|e-?mail)? ?delivery (?:has )?(?:failed|failure|failures|error|warning|problem)\b|^failure delivery/i,
    sample: 'Mail delivery failed: returning message to sender',
  },
  {
    name: 'failure-notice',
    pattern:
      /^(?:failure notice|mail (?:failure|failed)\b|failed mail\b|permanent delivery failure|processing error$)/i,
    sample: 'failure notice',
  },
  {
    name: 'system-error',
    pattern: /^mail system error\b/i,
    sample: 'Mail System Error - Returned Mail',
  },
  {
    name: 'not-delivered',
    pattern:
      /^(?:(?:your )?(?:mail|message|e-?mail)\b.{0,120}\b(?:not (?:be )?delivered|undeliverable)|non[- ]?delivery\b|automatically rejected mail)/i,
    sample: 'Your message to karen@customer.test could not be delivered.',
  },
  {
    name: 'delayed',
    pattern:
      /^(?:delayed mail\b|(?:warning: )?(?:message|mail) .{0,60}\b(?:delayed|not (?:yet )?been delivered))|^warning: could not send/i,
    sample: 'Warning: message 1abcde-000000-00 delayed 24 hours',
  },
  {
    name: 'unknown-user',
    pattern: /^warning: \S+ - user unknown/i,
    sample: 'Warning: karen@customer.test - User unknown!',
  },
  {
    name: 'de',
    pattern:
      /^(?:unzustellbar\b|nicht zugestellt|unzustellbare (?:nachricht|mail)|zustellung fehlgeschlagen|.{0,40}nicht zustellbar)/i,
    sample: 'Unzustellbar: Ihre Bestellung',
  },
  {
    name: 'fr',
    pattern:
      /^(?:non remis\b|échec (?:de la )?remise|message non (?:remis|distribué|délivré)|non distribuable|utilisateur non)|: non remis\b/i,
    sample: 'Non remis : Votre commande',
  },
  {
    name: 'es',
    pattern: /^(?:no se puede entregar|no entregado|correo (?:no entregado|devuelto)|error en la entrega)/i,
    sample: 'No se puede entregar: Su pedido',
  },
  {
    name: 'it',
    pattern: /^(?:non recapitabile|mancato recapito|impossibile recapitare|avviso di mancata consegna)/i,
    sample: 'Non recapitabile: Il suo ordine',
  },
  {
    name: 'pt',
    pattern: /^(?:não (?:é possível entregar|entregue)|mensagem não entregue|não foi possível entregar)/i,
    sample: 'Não é possível entregar: O seu pedido',
  },
  {
    name: 'nl',
    pattern: /^(?:onbestelbaar\b|niet bezorgd|onbestelbare e-?mail)/i,
    sample: 'Onbestelbaar: Uw bestelling',
  },
  {
    name: 'sv',
    pattern: /^(?:olevererbart?|det gick inte att leverera|ej levererat)/i,
    sample: 'Olevererbart: Din beställning',
  },
  {
    name: 'da-no',
    pattern: /^(?:kan ikke leveres|ikke leveret|ikke levert|uleverelig|kunne ikke leveres)/i,
    sample: 'Kan ikke leveres: Din bestilling',
  },
  {
    name: 'fi',
    pattern: /^(?:toimittamaton|ei voitu toimittaa|viestiä ei voi)/i,
    sample: 'Toimittamaton viesti: Tilauksesi',
  },
  {
    name: 'pl',
    pattern: /^(?:niedostarczon[ae]\b|nie można dostarczyć|niedostarczalne|zwrot wiadomości)/i,
    sample: 'Niedostarczalne: Twoje zamówienie',
  },
  { name: 'cs', pattern: /^(?:nedoručitelné|nedoruč|nelze doručit)/i, sample: 'Nedoručitelné: Vaše objednávka' },
  { name: 'hu', pattern: /^(?:kézbesíthetetlen|sikertelen kézbesítés)/i, sample: 'Kézbesíthetetlen: Rendelés' },
  {
    name: 'ru',
    pattern: /^(?:недоставлен|не удалось доставить|ваше сообщение не доставлено|сообщение не доставлено)/i,
    sample: 'Недоставленное сообщение',
  },
  { name: 'tr', pattern: /^(?:teslim edilemedi|iletilemedi)/i, sample: 'Teslim edilemedi: Siparişiniz' },
  {
    name: 'ja',
    pattern: /^(?:配信不能|配送不能|メールエラー|メールを送信できません|未配信)/,
    sample: '配信不能: ご注文',
  },
  {
    name: 'zh',
    pattern: /^(?:未送达|無法傳遞|无法传递|退信|系统退信|邮件传输失败|郵件傳遞失敗|邮件投递失败)/,
    sample: '系统退信',
  },
  { name: 'ko', pattern: /^(?:배달되지 않음|배달할 수 없음|반송|전송 ?실패)/, sample: '배달되지 않음: 주문' },
];
