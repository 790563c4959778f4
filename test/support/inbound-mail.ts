import type { HeaderField, InboundMail, MailAddress } from '../../src/core/inbound-mail.ts';

/** A person's plain mail from Karen to the support mailbox, as parsing leaves it, with what a test says differently. */
export function inboundMail(differs: Partial<InboundMail> = {}): InboundMail {
  const text = differs.text ?? 'The app shows error E1234.';
  return {
    messageId: 'first@customer.test',
    inReplyTo: [],
    references: [],
    from: mailAddress('karen@customer.test', 'Karen'),
    sender: null,
    replyTo: [],
    to: [mailAddress('support@desk.test')],
    cc: [],
    deliveredTo: [],
    returnPath: 'karen@customer.test',
    subject: 'Mobile banking does not work',
    date: new Date('2026-11-02T09:00:00Z'),
    headers: headerFields(['From', 'Karen <karen@customer.test>'], ['Date', 'Mon, 2 Nov 2026 09:00:00 +0000']),
    text,
    html: null,
    spans: [{ kind: 'reply', from: 0, to: text.length }],
    cuts: [],
    forwarded: null,
    attachments: [],
    deliveryReports: [],
    calendar: [],
    protection: 'none',
    language: null,
    defects: [],
    ...differs,
  };
}

export function mailAddress(address: string, name = ''): MailAddress {
  return { name, address };
}

/** Header fields as the parser hands them over: names in lower case. */
export function headerFields(...fields: [name: string, value: string][]): HeaderField[] {
  return fields.map(([name, value]) => ({ name: name.toLowerCase(), value }));
}
