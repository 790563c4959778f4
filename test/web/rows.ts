import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import type { Id } from '../../src/core/ticket.ts';

/** Rows as the product would write them, reduced to what the test at hand is about. Ages are seconds before now. */
export interface Rows {
  addMailbox(key: string, options?: { folders?: string[]; configuredAgo?: number }): Promise<Id>;
  addFolder(mailboxId: Id, folder: { name?: string; uidValidity?: number; polledAgo: number | null }): Promise<Id>;
  addUid(folderId: Id, uid: { state: 'gap' | 'stored'; ago: number; aftermath?: 'due' | 'done' }): Promise<void>;
  addInboundMail(mail: { state?: string; ago?: number; dueAgo?: number; leaseEndsIn?: number }): Promise<Id>;
  addTicket(): Promise<Id>;
  addEvent(ticketId: Id, event: { seq: number; ago: number; published?: boolean; queue?: string }): Promise<void>;
  addOutboxMail(mail: {
    state?: string;
    settled?: boolean;
    ago?: number;
    unknownCount?: number;
    leaseEndsIn?: number;
  }): Promise<Id>;
  copyOutboxMail(id: Id, count: number): Promise<void>;
  addClock(ticketId: Id, clock: { state: string; dueAgo: number }): Promise<void>;
  pulse(queue: string, ago: number): Promise<void>;
}

export function rowsIn(db: Knex): Rows {
  const ago = (seconds: number) => db.raw(`clock_timestamp() - ? * interval '1 second'`, [seconds]);

  async function insert(table: string, row: Record<string, Knex.Value | Knex.Raw>): Promise<Id> {
    const [inserted] = await db(table).insert(row).returning<{ id: Id }[]>('id');
    if (inserted === undefined) throw new Error(`nothing inserted into ${table}`);
    return inserted.id;
  }

  async function addObject(kind: string, key: string, spec: object, configuredAgo: number): Promise<Id> {
    const changeId = await insert('config_change', { actor: 'test' });
    const id = await insert('config_object', { kind, key, position: 0 });
    const versionId = await insert('config_object_version', {
      object_id: id,
      change_id: changeId,
      spec: JSON.stringify(spec),
      recorded_at: ago(configuredAgo),
    });
    await db('config_object').where({ id }).update({ current_version_id: versionId });
    return id;
  }

  async function addBlob(): Promise<Buffer> {
    const sha256 = randomBytes(32);
    await db('blob').insert({ sha256, size_bytes: 0, content: Buffer.alloc(0) });
    return sha256;
  }

  async function anyObject(kind: string): Promise<Id> {
    const found = await db<{ id: Id; kind: string }>('config_object').where({ kind }).first('id');
    return found?.id ?? addObject(kind, `any-${kind}`, {}, 0);
  }

  return {
    addMailbox: (key, { folders, configuredAgo = 0 } = {}) =>
      addObject('mailbox', key, { imap: folders === undefined ? {} : { folders } }, configuredAgo),

    addFolder: (mailboxId, { name = 'INBOX', uidValidity = 1, polledAgo }) =>
      insert('folder', {
        mailbox_id: mailboxId,
        name,
        uid_validity: uidValidity,
        last_polled_at: polledAgo === null ? null : ago(polledAgo),
      }),

    async addUid(folderId, { state, ago: seconds, aftermath }) {
      const inboundMailId = state === 'stored' ? await this.addInboundMail({ state: 'settled' }) : null;
      await db('folder_uid').insert({
        folder_id: folderId,
        uid: db.raw('(select coalesce(max(uid), 0) + 1 from folder_uid)'),
        state,
        inbound_mail_id: inboundMailId,
        aftermath: aftermath ?? null,
        recorded_at: ago(seconds),
      });
    },

    async addInboundMail({ state = 'received', ago: seconds = 0, dueAgo = seconds, leaseEndsIn }) {
      return insert('inbound_mail', {
        mailbox_id: await anyObject('mailbox'),
        source: 'imap',
        raw_sha256: await addBlob(),
        size_bytes: 0,
        occurred_at: ago(seconds),
        recorded_at: ago(seconds),
        due_at: ago(dueAgo),
        state,
        disposition: state === 'settled' ? 'filed' : null,
        lease_until: leaseEndsIn === undefined ? null : ago(-leaseEndsIn),
      });
    },

    async addTicket() {
      return insert('ticket', {
        number: db.raw(`nextval('ticket_number_seq')::text`),
        version: 1,
        subject: '',
        status: 'new',
        priority: 'normal',
        mailbox_id: await anyObject('mailbox'),
        department_id: await anyObject('department'),
        requester_id: await insert('person', { name: '' }),
        occurred_at: ago(0),
      });
    },

    async addEvent(ticketId, { seq, ago: seconds, published = false, queue }) {
      const changeId = await insert('ticket_change', {
        ticket_id: ticketId,
        cause_kind: 'api',
        cause_key: randomBytes(8).toString('hex'),
        actor_kind: 'system',
        occurred_at: ago(seconds),
      });
      await db('ticket_event').insert({
        ticket_id: ticketId,
        seq,
        change_id: changeId,
        kind: 'ticket.opened',
        data: '{}',
        occurred_at: ago(seconds),
        recorded_at: ago(seconds),
        position: published ? seq : null,
        queue: queue ?? null,
      });
    },

    async addOutboxMail({ state = 'queued', settled = false, ago: seconds = 0, unknownCount = 0, leaseEndsIn }) {
      return insert('outbox', {
        purpose: 'acknowledgement',
        automatic: true,
        mailbox_id: await anyObject('mailbox'),
        envelope_from: '',
        recipient_address: 'karen@customer.test',
        message_id: randomBytes(8).toString('hex'),
        header: Buffer.alloc(0),
        body_sha256: await addBlob(),
        state,
        phase: state === 'sending' ? 'connecting' : null,
        unknown_count: unknownCount,
        recorded_at: ago(seconds),
        due_at: ago(seconds),
        settled_at: settled ? ago(0) : null,
        lease_until: leaseEndsIn === undefined ? null : ago(-leaseEndsIn),
      });
    },

    async copyOutboxMail(id, count) {
      const columns =
        'purpose, automatic, mailbox_id, envelope_from, recipient_address, header, body_sha256, recorded_at';
      await db.raw(
        `insert into outbox (${columns}, message_id)
         select ${columns}, message_id || '-' || copy from outbox, generate_series(1, ?) as copy where id = ?`,
        [count, id],
      );
    },

    async addClock(ticketId, { state, dueAgo }) {
      const planId = await addObject('slaPlan', randomBytes(8).toString('hex'), {}, 0);
      await db('ticket_clock').insert({
        ticket_id: ticketId,
        target: 'firstResponse',
        cycle: db.raw('(select count(*) from ticket_clock)'),
        sla_plan_version_id: db('config_object').where({ id: planId }).select('current_version_id'),
        state,
        started_at: ago(dueAgo + 60),
        due_at: ago(dueAgo),
        next_at: state === 'running' ? ago(dueAgo) : null,
      });
    },

    async pulse(queue, seconds) {
      await db('queue_pulse')
        .insert({ queue, woken_at: ago(seconds) })
        .onConflict('queue')
        .merge();
    },
  };
}
