import type { Knex } from 'knex';
import type {
  Desk,
  DeskAgent,
  DeskAssign,
  DeskDepartment,
  DeskMailbox,
  DeskSlaPlan,
  ImapSettings,
  Login,
  SmtpSettings,
  TlsMode,
} from '../core/desk-config.ts';
import type {
  AgentSpec,
  DepartmentSpec,
  DeskSpec,
  MailboxSpec,
  SlaPlanSpec,
  TeamSpec,
} from '../core/desk-config-schema.ts';
import { durationMs } from '../core/duration.ts';
import { readThreshold } from '../core/sla/thresholds.ts';
import { type Id, TICKET_PRIORITIES } from '../core/ticket.ts';

type ConfigKind = 'desk' | 'mailbox' | 'department' | 'agent' | 'team' | 'topic' | 'calendar' | 'slaPlan' | 'rule';

interface SnapshotRow {
  config_version: Id | null;
  close_resolved_after_ms: number | null;
  /** Null in the one row of a desk that has no objects yet. */
  kind: ConfigKind | null;
  id: Id;
  key: string;
  version_id: Id;
  spec: unknown;
  archived: boolean;
  import_since: Date;
  answer_since: Date;
  person_id: Id | null;
}

interface StoredObject<Spec> {
  id: Id;
  key: string;
  versionId: Id;
  spec: Spec;
  row: SnapshotRow;
}

/** The whole desk in one statement: cheap enough to read again whenever `readConfigVersion` has moved. */
export async function loadDesk(db: Knex): Promise<Desk> {
  const { rows } = await db.raw<{ rows: SnapshotRow[] }>(SNAPSHOT);
  const objects = <Spec>(kind: ConfigKind, archived = false): StoredObject<Spec>[] =>
    rows
      .filter((row) => row.kind === kind && row.archived === archived)
      .map((row) => ({ id: row.id, key: row.key, versionId: row.version_id, spec: row.spec as Spec, row }));
  const desk = objects<DeskSpec>('desk')[0]?.spec ?? {};
  const agents = objects<AgentSpec>('agent');
  const naming: Naming = {
    deskName: desk.name ?? 'Docket',
    idOf: (kind, key) => rows.find((row) => row.kind === kind && row.key === key)?.id ?? null,
    mailboxFromName: (key) => {
      const row = rows.find((other) => other.kind === 'mailbox' && other.key === key);
      return (row?.spec as MailboxSpec | undefined)?.fromName ?? naming.deskName;
    },
    teamAgents: (key) => objects<TeamSpec>('team').find((team) => team.key === key)?.spec.agents ?? [],
    departmentAgents: (key) => agents.filter(({ spec }) => spec.departments?.includes(key)).map((agent) => agent.key),
    personIdOf: (key) => agents.find((agent) => agent.key === key)?.row.person_id ?? null,
  };
  return {
    configVersion: rows[0]?.config_version ?? null,
    name: naming.deskName,
    language: desk.language ?? 'en',
    timezone: desk.timezone ?? 'UTC',
    closeResolvedAfterMs: rows[0]?.close_resolved_after_ms ?? null,
    acknowledge: desk.acknowledge ?? true,
    mailboxes: objects<MailboxSpec>('mailbox').map((object) => mailboxOf(object, naming)),
    archivedMailboxes: objects<MailboxSpec>('mailbox', true).map((object) => mailboxOf(object, naming)),
    departments: objects<DepartmentSpec>('department').map((object) => departmentOf(object, naming)),
    archivedDepartments: objects<DepartmentSpec>('department', true).map((object) => departmentOf(object, naming)),
    slaPlans: objects<SlaPlanSpec>('slaPlan').map(slaPlanOf),
    archivedSlaPlans: objects<SlaPlanSpec>('slaPlan', true).map(slaPlanOf),
    agents: agents.map((object) => agentOf(object, naming)),
    teams: objects<TeamSpec>('team').map(({ key, spec }) => ({
      key,
      name: spec.name,
      personIds: spec.agents.flatMap((agent) => naming.personIdOf(agent) ?? []),
    })),
  };
}

/** The newest `config_change.id`; null while nothing was ever configured. */
export async function readConfigVersion(db: Knex): Promise<Id | null> {
  const { rows } = await db.raw<{ rows: { version: Id | null }[] }>('select max(id) as version from config_change');
  return rows[0]?.version ?? null;
}

/**
 * A day in a spec begins at midnight in the desk's zone. A mailbox that says nothing begins when it was first configured,
 * so that connecting a full mailbox answers nobody's old mail.
 */
const SNAPSHOT = `
  with desk as (
    select coalesce(max(v.spec ->> 'timezone'), 'UTC') as timezone,
      extract(epoch from max(v.spec ->> 'closeResolvedAfter')::interval)::float8 * 1000 as close_resolved_after_ms
    from config_object o join config_object_version v on v.id = o.current_version_id
    where o.kind = 'desk' and o.archived_at is null
  )
  select (select max(id) from config_change) as config_version, desk.close_resolved_after_ms,
    o.kind, o.id, o.key, v.id as version_id, v.spec, o.archived_at is not null as archived,
    ${instant('importSince')} as import_since,
    ${instant('answerSince')} as answer_since,
    p.id as person_id
  from desk
  left join config_object o on true
  left join config_object_version v on v.id = o.current_version_id
  left join person p on p.agent_object_id = o.id
  order by o.position, o.id`;

function instant(field: string): string {
  return `case length(v.spec ->> '${field}')
      when 10 then (v.spec ->> '${field}')::timestamp at time zone desk.timezone
      else coalesce((v.spec ->> '${field}')::timestamptz, o.recorded_at)
    end`;
}

interface Naming {
  deskName: string;
  idOf(kind: ConfigKind, key: string): Id | null;
  mailboxFromName(key: string): string;
  /** Keys of the agents of a team, and of a department. */
  teamAgents(key: string): string[];
  departmentAgents(key: string): string[];
  personIdOf(agent: string): Id | null;
}

function mailboxOf({ id, key, spec, row }: StoredObject<MailboxSpec>, naming: Naming): DeskMailbox {
  const [localPart, domain] = spec.address.split('@');
  return {
    id,
    key,
    address: spec.address,
    aliases: spec.aliases ?? [],
    fromName: spec.fromName ?? naming.deskName,
    departmentId: stored(naming.idOf('department', spec.department), 'department', spec.department),
    imap: imapSettings(spec),
    smtp: smtpSettings(spec),
    afterReceipt: spec.afterReceipt ?? 'keep',
    replyAddress: spec.replyAddress ?? `${localPart}+{token}@${domain}`,
    returnPath: spec.returnPath ?? 'mailbox',
    authentication: spec.authentication ?? [],
    importSince: row.import_since,
    answerSince: row.answer_since,
  };
}

type ServerSpec = MailboxSpec['smtp'];

function imapSettings({ key, imap }: MailboxSpec): ImapSettings {
  const login = loginOf(imap);
  if (login === null) throw new Error(`the stored configuration has no IMAP login for mailbox ${key}`);
  return { ...endpoint(imap, { implicit: 993, starttls: 143, none: 143 }), login, folders: imap.folders ?? ['INBOX'] };
}

function smtpSettings({ smtp }: MailboxSpec): SmtpSettings {
  return { ...endpoint(smtp, { implicit: 465, starttls: 587, none: 25 }), login: loginOf(smtp) };
}

function endpoint(spec: ServerSpec, ports: Record<TlsMode, number>) {
  const tls = spec.tls ?? 'implicit';
  return { host: spec.host, port: spec.port ?? ports[tls], tls, caFile: spec.ca?.file ?? null };
}

function loginOf({ user, password, oauth2 }: ServerSpec): Login | null {
  if (user === undefined) return null;
  if (password) return { kind: 'password', user, password };
  if (!oauth2) return null;
  return {
    kind: 'oauth2',
    user,
    tokenUrl: oauth2.tokenUrl,
    clientId: oauth2.clientId,
    clientSecret: oauth2.clientSecret ?? null,
    refreshToken: oauth2.refreshToken,
    scope: oauth2.scope ?? null,
  };
}

function departmentOf({ id, key, spec }: StoredObject<DepartmentSpec>, naming: Naming): DeskDepartment {
  return {
    id,
    key,
    name: spec.name,
    mailboxId: stored(naming.idOf('mailbox', spec.mailbox), 'mailbox', spec.mailbox),
    fromName: spec.fromName ?? naming.mailboxFromName(spec.mailbox),
    slaPlanId: spec.slaPlan === undefined ? null : naming.idOf('slaPlan', spec.slaPlan),
    assign: assignOf(key, spec, naming),
    afterReply: spec.afterReply ?? 'pending',
    newCc: spec.newCc ?? 'propose',
  };
}

function assignOf(departmentKey: string, { assign }: DepartmentSpec, naming: Naming): DeskAssign {
  const strategy = assign?.strategy ?? 'manual';
  // These often know nobody: without a fallback the ticket of everyone who writes for the first time would wait.
  const findsFew = strategy === 'previous-agent' || strategy === 'skills';
  const agents = assign?.team === undefined ? naming.departmentAgents(departmentKey) : naming.teamAgents(assign.team);
  return {
    strategy,
    fallback: assign?.fallback ?? (findsFew ? 'round-robin' : null),
    candidateIds: agents.flatMap((agent) => naming.personIdOf(agent) ?? []),
    skills: assign?.skills ?? [],
    languages: assign?.languages ?? [],
    escalateAfterMs: durationMs(assign?.escalateAfter ?? ''),
    claimExpiryMs: durationMs(assign?.claimExpiry ?? ''),
  };
}

/** A version of an SLA plan as clocks read it. */
export function slaPlanOf({ id, key, versionId, spec }: Omit<StoredObject<SlaPlanSpec>, 'row'>): DeskSlaPlan {
  const { firstResponse, nextResponse, resolution } = spec.targets;
  return {
    id,
    versionId,
    key,
    name: spec.name,
    calendar: spec.calendar,
    targetMs: {
      firstResponse: promisesOf(firstResponse),
      nextResponse: promisesOf(nextResponse),
      resolution: promisesOf(resolution),
    },
    pause: { pending: pauseOf(spec.pause?.pending), 'on-hold': pauseOf(spec.pause?.['on-hold']) },
    escalations: (spec.escalations ?? []).flatMap(({ target, at, do: actions }) => {
      const threshold = readThreshold(at);
      return threshold === null ? [] : [{ target, threshold, do: actions }];
    }),
  };
}

function pauseOf(pause: NonNullable<SlaPlanSpec['pause']>['pending']): DeskSlaPlan['pause']['pending'] {
  return { targets: pause?.targets ?? [], maxMs: pause?.max === undefined ? null : durationMs(pause.max) };
}

function promisesOf(promised: SlaPlanSpec['targets']['resolution'] = {}): DeskSlaPlan['targetMs']['resolution'] {
  return Object.fromEntries(
    TICKET_PRIORITIES.flatMap((priority) => {
      const promisedMs = durationMs(promised[priority] ?? '');
      return promisedMs === null ? [] : [[priority, promisedMs]];
    }),
  );
}

function agentOf({ key, spec, row }: StoredObject<AgentSpec>, naming: Naming): DeskAgent {
  return {
    personId: stored(row.person_id, 'person of agent', key),
    key,
    name: spec.name,
    addresses: spec.emails,
    role: spec.role,
    departmentIds: (spec.departments ?? []).map((department) =>
      stored(naming.idOf('department', department), 'department', department),
    ),
    languages: spec.languages ?? [],
    skills: spec.skills ?? [],
    capacity: spec.capacity ?? null,
    deputyId: spec.deputy === undefined ? null : naming.personIdOf(spec.deputy),
  };
}

/** Apply checked every reference in the transaction that wrote it, so what is named here exists. */
function stored(id: Id | null, what: string, key: string): Id {
  if (id === null) throw new Error(`the stored configuration names a ${what} that is not stored: ${key}`);
  return id;
}
