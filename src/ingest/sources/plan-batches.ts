import type { MailDescription } from './imap-session.ts';
import type { ImapLimits } from './imap-settings.ts';

/** A run of listed UIDs in ascending order that is fetched and committed together. */
export interface FetchBatch {
  whole: MailDescription[];
  /** Over the size limit: their header alone. */
  headerOnly: MailDescription[];
  beforeImport: MailDescription[];
  /** Listed, and yet the server said nothing about them. */
  undescribed: number[];
  throughUid: number;
}

/**
 * Cuts listed UIDs into batches within the limits, in their order, so that after each batch everything up to its last UID
 * is accounted for. Mail older than the import weighs nothing: it is only written down.
 */
export function planBatches(
  uids: number[],
  described: Map<number, MailDescription>,
  limits: ImapLimits,
  isBeforeImport: (mail: MailDescription) => boolean,
): FetchBatch[] {
  const batches: FetchBatch[] = [];
  let batch: FetchBatch | null = null;
  let mails = 0;
  let bytes = 0;
  for (const uid of uids) {
    const mail = described.get(uid);
    const kind = mail ? kindOf(mail, limits, isBeforeImport) : 'undescribed';
    const weight = kind === 'whole' ? (mail?.sizeBytes ?? 0) : 0;
    const counts = kind === 'whole' || kind === 'headerOnly' ? 1 : 0;
    if (!batch || mails + counts > limits.batchMailsMax || (mails > 0 && bytes + weight > limits.batchBytesMax)) {
      batch = { whole: [], headerOnly: [], beforeImport: [], undescribed: [], throughUid: uid };
      batches.push(batch);
      mails = 0;
      bytes = 0;
    }
    mails += counts;
    bytes += weight;
    batch.throughUid = uid;
    if (mail && kind !== 'undescribed') batch[kind].push(mail);
    else batch.undescribed.push(uid);
  }
  return batches;
}

function kindOf(mail: MailDescription, limits: ImapLimits, isBeforeImport: (mail: MailDescription) => boolean) {
  if (isBeforeImport(mail)) return 'beforeImport';
  return mail.sizeBytes > limits.mailBytesMax ? 'headerOnly' : 'whole';
}
