import pg from 'pg';

/** Automatic mails an hour that this desk has sent all week: five times as many in one hour are no cause for alarm yet. */
const HOURLY_COUNT = 250;

/**
 * Makes the desk one that has been busy for a week. A new one may send a hundred automatic mails an hour and then stops
 * itself (OUT-14), which is right for a desk and not what is to be measured.
 */
export async function seedHistory(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(
    `with body as (
       insert into blob (sha256, size_bytes, content) values (sha256(''), 0, '') returning sha256
     )
     insert into outbox (purpose, automatic, mailbox_id, envelope_from, recipient_address, message_id, header, body_sha256,
       state, attempts, recorded_at, due_at, settled_at, told_at)
     select 'acknowledgement', true, (select id from config_object where kind = 'mailbox'), '',
       'earlier.' || hour || '.' || number || '@customer.test', 'earlier.' || hour || '.' || number || '@desk.test', '',
       body.sha256, 'delivered', 1, at, at, at, at
     from body, generate_series(2, 169) as hour, generate_series(1, $1) as number,
       lateral (select clock_timestamp() - hour * interval '1 hour' as at) as time`,
    [HOURLY_COUNT],
  );
  await client.end();
}
