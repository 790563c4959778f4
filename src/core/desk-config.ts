import type { ActionSpec } from './desk-config-schema.ts';
import type { Threshold } from './sla/thresholds.ts';
import type { Id, TicketPriority, TicketStatus } from './ticket.ts';

/**
 * The desk as the workers use it: what docket.yaml says, with ids for keys, defaults filled in and days turned into
 * instants. It is read whole (`store/desk-config.ts`), never changed, and replaced when `configVersion` moves on.
 */
export interface Desk {
  /** `config_change.id` of the newest change; null while nothing was ever configured. */
  configVersion: Id | null;
  name: string;
  /** BCP 47: what we write in when we know nothing better. */
  language: string;
  timezone: string;
  /** After how long a resolved ticket closes by itself; null for never. */
  closeResolvedAfterMs: number | null;
  /** Are new tickets acknowledged at all? */
  acknowledge: boolean;
  mailboxes: DeskMailbox[];
  /** No longer polled, but their tickets and outgoing mail remain. */
  archivedMailboxes: DeskMailbox[];
  departments: DeskDepartment[];
  archivedDepartments: DeskDepartment[];
  slaPlans: DeskSlaPlan[];
  /** No longer chosen, but tickets under them keep their promises. */
  archivedSlaPlans: DeskSlaPlan[];
  agents: DeskAgent[];
  teams: DeskTeam[];
}

export interface DeskMailbox {
  id: Id;
  key: string;
  /** Canonical. */
  address: string;
  /** Also ours: never written to. */
  aliases: string[];
  fromName: string;
  /** Where mail to this address starts. */
  departmentId: Id;
  imap: ImapSettings;
  smtp: SmtpSettings;
  afterReceipt: AfterReceipt;
  /** With `{token}` where the token goes: `support+{token}@desk.example`. */
  replyAddress: string;
  /** `token`: bounces come back to an address of their own; `mailbox`: to the mailbox. */
  returnPath: 'token' | 'mailbox';
  /** What proves a sender; the first that speaks decides. */
  authentication: AuthenticationSource[];
  /** Older mail (INTERNALDATE) is not fetched. */
  importSince: Date;
  /** Older mail is imported without answers and clocks. */
  answerSince: Date;
}

export type TlsMode = 'implicit' | 'starttls' | 'none';

export interface ImapSettings {
  host: string;
  port: number;
  /** `none` only for loopback. */
  tls: TlsMode;
  /** PEM file of a private certificate authority; null for the system's. */
  caFile: string | null;
  login: Login;
  folders: string[];
}

export interface SmtpSettings {
  host: string;
  port: number;
  tls: TlsMode;
  caFile: string | null;
  /** Null where the relay takes our mail without one. */
  login: Login | null;
}

export type Login =
  | { kind: 'password'; user: string; password: SecretReference }
  | {
      kind: 'oauth2';
      user: string;
      tokenUrl: string;
      clientId: string;
      clientSecret: SecretReference | null;
      refreshToken: SecretReference;
      scope: string | null;
    };

/** Where a secret is found when it is needed; the secret itself is never stored. */
export type SecretReference = { env: string } | { file: string };

/**
 * Reads a secret at the moment of use, so that a rotated one is picked up at the next login.
 * @throws ConfigurationError `SECRET_MISSING`
 */
export type ReadSecret = (reference: SecretReference) => string;

export type AfterReceipt = 'keep' | 'flag' | 'delete' | { move: string };

export type AuthenticationSource =
  /** The topmost Authentication-Results of this authserv-id. */
  | { results: string }
  /** A header that the server strips from outside mail. */
  | { header: string; is: string }
  /** An authenticated submission, seen in the topmost Received of this host. */
  | { receivedBy: string; with: string }
  /** Our own DKIM check. */
  | { dkim: 'verify' };

export interface DeskDepartment {
  id: Id;
  key: string;
  name: string;
  /** The mailbox it writes from. */
  mailboxId: Id;
  fromName: string;
  slaPlanId: Id | null;
  assign: DeskAssign;
  /** Where a public reply of an agent leaves the ticket. */
  afterReply: Exclude<TicketStatus, 'new' | 'closed'>;
  /** What becomes of people first seen in Cc of a later mail. */
  newCc: 'propose' | 'accept';
}

export const ASSIGN_STRATEGIES = ['round-robin', 'least-loaded', 'skills', 'previous-agent', 'manual'] as const;
export type AssignStrategy = (typeof ASSIGN_STRATEGIES)[number];

/** How the tickets of a department find their agents. */
export interface DeskAssign {
  strategy: AssignStrategy;
  /** What decides when the strategy finds nobody; null: the ticket waits until it does. */
  fallback: AssignStrategy | null;
  /** Persons who may get its tickets: the agents of the named team, or else those of the department. */
  candidateIds: Id[];
  /** What `skills` asks of whoever gets one: all of these skills, one of these languages (none: the ticket's). */
  skills: string[];
  languages: string[];
  /** After how long without anybody free somebody is told; null for never. */
  escalateAfterMs: number | null;
  /** After how long an agent who did nothing with a ticket loses it; null for never. */
  claimExpiryMs: number | null;
}

export const SLA_TARGETS = ['firstResponse', 'nextResponse', 'resolution'] as const;
export type SlaTarget = (typeof SLA_TARGETS)[number];

export interface DeskSlaPlan {
  id: Id;
  versionId: Id;
  key: string;
  name: string;
  /** What its times are counted in: `always` for around the clock, or the key of a calendar. */
  calendar: string;
  /** What is promised, in time of the calendar; a priority without a promise is absent. */
  targetMs: Record<SlaTarget, Partial<Record<TicketPriority, number>>>;
  /** Which clocks stand still while a ticket waits, and for how long at most, in wall time; null for as long as it waits. */
  pause: Record<'pending' | 'on-hold', { targets: SlaTarget[]; maxMs: number | null }>;
  /** In the order they were written, with keys for names: those are looked up when the step is taken. */
  escalations: { target: SlaTarget | 'any'; threshold: Threshold; do: ActionSpec[] }[];
}

export interface DeskAgent {
  personId: Id;
  key: string;
  name: string;
  /** Canonical; the first is where their mail goes. */
  addresses: string[];
  role: 'agent' | 'lead' | 'admin';
  departmentIds: Id[];
  languages: string[];
  skills: string[];
  /** Open tickets at most, where tickets go to whoever is least loaded; null for any number. */
  capacity: number | null;
  /** The person who stands in for them while they are away. */
  deputyId: Id | null;
}

export interface DeskTeam {
  key: string;
  name: string;
  /** Persons; those who are agents at the moment. */
  personIds: Id[];
}
