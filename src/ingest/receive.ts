import { createHash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Id } from '../core/ticket.ts';
import { crashPoint } from '../crash-points.ts';
import { type Lease, underLease } from '../store/leases.ts';
import {
  advanceHighWater,
  type ListedUid,
  type NewGaps,
  recordBeforeImport,
  recordGaps,
  recordStored,
} from '../store/ledger.ts';
import { insertRawMails, type RawMail } from '../store/raw-mail.ts';
import { readHeader } from './header-reader.ts';

/** A mail in our hands, as the server announced it and as it came. */
export interface FetchedMail {
  uid: number;
  internalDate: Date | null;
  /** RFC822.SIZE. More than `raw` holds means that the mail was cut short, or its header alone was fetched. */
  announcedSizeBytes: number;
  raw: Buffer;
  /** Is there something to do on the server once the mail is stored? */
  aftermathDue: boolean;
}

/** A run of UIDs in ascending order, with what became of each. */
export interface ReceivedBatch {
  mailboxId: Id;
  folderId: Id;
  lease: Lease;
  mails: FetchedMail[];
  beforeImport?: ListedUid[];
  gaps?: NewGaps[];
  /** With this batch every UID up to here is accounted for; absent when gaps below the mark are filled. */
  throughUid?: number;
}

export interface StoredBatch {
  /** Mails this mailbox did not have before. */
  newCount: number;
  /** Mails known by their bytes under another UID: recorded, and without a second effect (IN-06). */
  knownCount: number;
}

/**
 * Stores a batch: raw bytes, `inbound_mail` rows, ledger and high-water mark in one transaction that the mailbox lease
 * fences (IN-01). Before it commits, nothing else happens to the mails, here or on the server.
 */
export async function storeBatch(db: Knex, batch: ReceivedBatch): Promise<StoredBatch> {
  const mails = new Map<string, RawMail>();
  const hashes = batch.mails.map((mail) => {
    const rawMail = describeRaw(mail);
    const hash = rawMail.sha256.toString('hex');
    // The same bytes twice in one batch are one mail under two UIDs.
    if (!mails.has(hash)) mails.set(hash, rawMail);
    return hash;
  });

  const stored = await underLease(db, batch.lease, async (transaction) => {
    const inserted = await insertRawMails(transaction, {
      mailboxId: batch.mailboxId,
      source: 'imap',
      mails: [...mails.values()],
    });
    const rows = batch.mails.flatMap((mail, index) => {
      const row = inserted.get(hashes[index] ?? '');
      if (!row) return [];
      const { uid, internalDate, announcedSizeBytes: sizeBytes, aftermathDue } = mail;
      return [{ uid, internalDate, sizeBytes, aftermathDue, inboundMailId: row.inboundMailId }];
    });
    await recordStored(transaction, batch.folderId, rows);
    await recordBeforeImport(transaction, batch.folderId, batch.beforeImport ?? []);
    for (const gaps of batch.gaps ?? []) await recordGaps(transaction, batch.folderId, gaps);
    if (batch.throughUid !== undefined) await advanceHighWater(transaction, batch.folderId, batch.throughUid);
    return inserted;
  });
  if (batch.mails.length > 0) crashPoint('after-raw-commit');

  const newCount = [...stored.values()].filter((mail) => mail.isNew).length;
  return { newCount, knownCount: batch.mails.length - newCount };
}

function describeRaw(mail: FetchedMail): RawMail {
  const header = readHeader(mail.raw);
  return {
    sha256: createHash('sha256').update(mail.raw).digest(),
    raw: mail.raw,
    announcedSizeBytes: mail.announcedSizeBytes > mail.raw.length ? mail.announcedSizeBytes : null,
    messageId: header.messageId !== null && isIndexable(header.messageId) ? header.messageId : null,
    parentMessageIds: header.parentMessageIds.filter(isIndexable),
    receivedAt: mail.internalDate,
  };
}

/** PostgreSQL indexes no longer value; one hostile Message-ID must not make its whole batch fail. */
const INDEXED_BYTES_MAX = 2000;

function isIndexable(messageId: string): boolean {
  return Buffer.byteLength(messageId) <= INDEXED_BYTES_MAX;
}
