import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { InboundAttachment, InboundMail } from '../../src/core/inbound-mail.ts';
import { decodeText } from '../../src/ingest/charset.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { readPartContents } from '../../src/ingest/part-contents.ts';

/**
 * A mail as a folder's expected files take it apart. What is inside an attached mail is asked of that mail, read on its own.
 *
 * A part of text without a name and without a disposition is asked for as a body wherever the expected file puts it: folders differ in
 * whether the second of two texts is an attachment, and what the requester wrote must be readable.
 */
export interface ExpectedMail {
  bodies: ExpectedBody[];
  attachments: ExpectedAttachment[];
}

interface ExpectedBody {
  contentType: string;
  text: string;
}

interface ExpectedAttachment {
  contentType: string;
  /** Null for a mail, whose expected form follows, and for a file that the corpus left out. */
  bytes: Buffer | null;
  mail: ExpectedMail | null;
}

export interface TreeCase {
  name: string;
  raw: Buffer;
  expected: ExpectedMail;
}

/** Every body and attachment that is expected, and every attachment that is not, with whether it is as it should be. */
export interface TreeVerdict {
  bodies: boolean[];
  attachments: boolean[];
}

/** Reads the mail and holds it against what is expected of it. */
export async function judgeTree(raw: Uint8Array, expected: ExpectedMail): Promise<TreeVerdict> {
  const mail = await parseMail(raw);
  const verdict: TreeVerdict = { bodies: expected.bodies.map((body) => isShown(body, mail)), attachments: [] };
  const found = [...mail.attachments];
  for (const wanted of expected.attachments) {
    const at = await findAttachment(wanted, found, raw);
    const attachment = at === null ? undefined : found.splice(at, 1)[0];
    verdict.attachments.push(attachment !== undefined);
    if (wanted.mail === null) continue;
    const inside = await judgeTree(
      attachment === undefined ? Buffer.of() : await contentOf(raw, attachment),
      wanted.mail,
    );
    verdict.bodies.push(...inside.bodies);
    verdict.attachments.push(...inside.attachments);
  }
  verdict.attachments.push(...found.map(() => false));
  return verdict;
}

/** White space aside: a part of `format=flowed` has lost its soft line ends. */
function words(text: string): string {
  return text.replace(/[\s\u00a0\0\ufffd\ufeff]+/g, ' ').trim();
}

/**
 * Plain text is in the text, HTML is kept as sent. Some expected texts go on over the delimiter of the multipart around them, with the
 * header of the next part; it ends them (RFC 2046 §5.1.2), so that what is asked of us is the words on both sides of it.
 */
function isShown({ contentType, text }: ExpectedBody, mail: InboundMail): boolean {
  if (contentType === 'text/html') return words(mail.html ?? '').includes(words(text));
  const shown = words(mail.text);
  return (
    shown.includes(words(text)) || text.split(/\n--\w+\nContent-Type:.*\n\n/).every((one) => shown.includes(words(one)))
  );
}

async function findAttachment(
  { contentType, bytes, mail }: ExpectedAttachment,
  found: InboundAttachment[],
  raw: Uint8Array,
): Promise<number | null> {
  for (const [at, attachment] of found.entries()) {
    // Ours goes by the file's name where a program did not say more than that it is bytes.
    if (attachment.contentType !== contentType && contentType !== 'application/octet-stream') continue;
    if (mail !== null || bytes === null || attachment.sha256 === sha256(bytes)) return at;
    // The corpus keeps some texts with other line ends than their mail has.
    const content = await contentOf(raw, attachment);
    if (words(content.toString('latin1')) === words(bytes.toString('latin1'))) return at;
  }
  return null;
}

async function contentOf(raw: Uint8Array, { partPath }: InboundAttachment): Promise<Buffer> {
  return (await readPartContents(raw, [partPath])).get(partPath) ?? Buffer.of();
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

interface StalwartMail {
  parts: StalwartPart[];
}

interface StalwartPart {
  headers: { name: string; value: { ContentType?: StalwartType } | string }[];
  body:
    | string
    | {
        Text?: string;
        Html?: string;
        Binary?: number[];
        InlineBinary?: number[];
        Message?: StalwartMail;
        Multipart?: number[];
      };
}

interface StalwartType {
  c_type: string;
  c_subtype: string | null;
  attributes: { name: string; value: string }[] | null;
}

export function stalwartTrees(folder: string): TreeCase[] {
  return ['malformed', 'rfc', 'thirdparty'].flatMap((room) =>
    readdirSync(join(folder, room))
      .filter((name) => name.endsWith('.eml'))
      .map((name) => ({
        name: `${room}/${name}`,
        raw: readFileSync(join(folder, room, name)),
        expected: stalwartMail(JSON.parse(readFileSync(join(folder, room, name.replace('.eml', '.json')), 'utf8'))),
      })),
  );
}

function stalwartMail({ parts }: StalwartMail): ExpectedMail {
  const expected: ExpectedMail = { bodies: [], attachments: [] };
  for (const { headers, body } of parts) {
    if (typeof body === 'string' || body.Multipart !== undefined) continue;
    const type = stalwartType(headers, 'content_type');
    const disposition = stalwartType(headers, 'content_disposition');
    const isNamed = [type, disposition].some((one) => one?.attributes?.some(({ name }) => /name/.test(name)));
    if (body.Message !== undefined) {
      expected.attachments.push({ contentType: 'message/rfc822', bytes: null, mail: stalwartMail(body.Message) });
      continue;
    }
    const text = body.Text ?? body.Html;
    const written = type === null ? 'text/plain' : `${type.c_type}/${type.c_subtype ?? ''}`.toLowerCase();
    // A multipart whose boundary never comes is text to its readers.
    const contentType = written.startsWith('multipart/') ? 'text/plain' : written;
    const isText = /^text\/(?:plain|html)$/.test(contentType) && text !== undefined;
    if (isText && disposition?.c_type !== 'attachment' && !isNamed) expected.bodies.push({ contentType, text });
    else {
      const bytes = text === undefined ? Buffer.from(body.Binary ?? body.InlineBinary ?? []) : Buffer.from(text);
      expected.attachments.push({ contentType, bytes, mail: null });
    }
  }
  return expected;
}

function stalwartType(headers: StalwartPart['headers'], wanted: string): StalwartType | null {
  const value = headers.findLast(({ name }) => name === wanted)?.value;
  return typeof value === 'object' ? (value.ContentType ?? null) : null;
}

export function mime4jTrees(folder: string): TreeCase[] {
  return ['mimetools-testmsgs', 'testmsgs'].flatMap((room) => {
    const names = readdirSync(join(folder, room));
    return names
      .filter((name) => name.endsWith('.msg') && names.includes(name.replace('.msg', '_decoded.xml')))
      .map((name) => {
        const xml = readFileSync(join(folder, room, name.replace('.msg', '_decoded.xml')), 'utf8');
        return {
          name: `${room}/${name}`,
          raw: readFileSync(join(folder, room, name)),
          expected: mime4jMail(xml, (file) => readIfThere(join(folder, room, file))),
        };
      });
  });
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null;
  }
}

/** Its XML is a log of what its parser met: the tags are read in order, and a stack says in which mail and multipart each part is. */
function mime4jMail(xml: string, readFile: (name: string) => Buffer | null): ExpectedMail {
  const top: ExpectedMail = { bodies: [], attachments: [] };
  const mails: ExpectedMail[] = [];
  let header: string[] = [];
  for (const [, closing, tag = '', name = '', field] of xml.matchAll(
    /<(\/?)(message|header|text-body|binary-body)(?: name="([^"]*)")?\/?>|<field>([^<]*)<\/field>/g,
  )) {
    if (field !== undefined) header.push(withoutEntities(field).trim());
    else if (tag === 'header' && !closing) header = [];
    else if (tag === 'message' && closing) mails.pop();
    else if (tag === 'message') {
      const mail: ExpectedMail = mails.length === 0 ? top : { bodies: [], attachments: [] };
      mails.at(-1)?.attachments.push({ contentType: 'message/rfc822', bytes: null, mail });
      mails.push(mail);
    } else if (tag.endsWith('body')) addMime4jPart(mails.at(-1) ?? top, header, readFile(name));
  }
  return top;
}

function addMime4jPart(mail: ExpectedMail, header: string[], bytes: Buffer | null): void {
  const type = fieldOf(header, 'content-type');
  const contentType = /^[\w.+-]+\/[\w.+-]+/.exec(type)?.[0].toLowerCase() ?? 'text/plain';
  const isAttachment = /^attachment/i.test(fieldOf(header, 'content-disposition'));
  if (/^text\/(?:plain|html)$/.test(contentType) && !isAttachment && bytes !== null) {
    const charset = /charset="?([^\s";]+)/i.exec(type)?.[1] ?? null;
    mail.bodies.push({ contentType, text: decodeText(bytes, charset, true)?.text ?? bytes.toString('latin1') });
  } else mail.attachments.push({ contentType, bytes, mail: null });
}

function fieldOf(header: string[], name: string): string {
  const field = header.find((one) => one.toLowerCase().startsWith(`${name}:`)) ?? '';
  return field.slice(name.length + 1).trim();
}

function withoutEntities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&quot;', '"').replaceAll('&amp;', '&');
}
