import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decideMailEffect } from '../../src/core/apply-mail.ts';
import type { JudgedSender, SenderRight } from '../../src/core/identity.ts';
import type { InboundMail, MailAddress, MailDefectCode, MailKind } from '../../src/core/inbound-mail.ts';
import type { AppendEffect, MailEffectInput, OpenEffect } from '../../src/core/mail-effect.ts';
import { ownAddresses } from '../../src/core/own-address.ts';
import { placeTicket } from '../../src/core/place.ts';
import type { ThreadDecision, ThreadKeys, ThreadTicket } from '../../src/core/thread.ts';
import type { TicketStatus } from '../../src/core/ticket.ts';
import { headerFields, inboundMail, mailAddress } from '../support/inbound-mail.ts';

const own = ownAddresses([
  { address: 'support@desk.test', aliases: ['help@desk.test'], replyAddress: 'support+{token}@desk.test' },
  { address: 'sales@desk.test', aliases: [], replyAddress: 'sales+{token}@desk.test' },
]);
const occurredAt = new Date('2026-11-02T09:00:00Z');
const answerSince = new Date('2026-11-01T00:00:00Z');

const TICKET: ThreadTicket = {
  id: '1',
  number: '1001',
  version: 3,
  status: 'pending',
  priority: 'normal',
  departmentId: '100',
  mailboxId: '200',
  slaPlanId: '300',
  assigneeId: null,
  mergedIntoId: null,
  requesterId: '10',
  requesterAddresses: ['karen@customer.test', 'karen@home.test'],
  collaborators: [
    { addressId: '3', address: 'colleague@customer.test', state: 'accepted' },
    { addressId: '4', address: 'removed@customer.test', state: 'removed' },
  ],
};
const JOIN: SenderRight = { right: 'join', as: 'requester' };
const UNVERIFIED: SenderRight = { right: 'join-unverified', as: 'requester' };
const HELD: SenderRight = { right: 'held', reason: 'stranger' };

interface Case {
  kind?: MailKind;
  mail?: Partial<InboundMail>;
  sender?: Partial<JudgedSender>;
  keys?: Partial<ThreadKeys>;
  /** On which ticket, with which right. */
  on?: Partial<ThreadTicket>;
  right?: SenderRight;
  thread?: Partial<ThreadDecision>;
  newCc?: 'propose' | 'accept';
  occurredAt?: Date;
  facts?: Partial<MailEffectInput['facts']>;
}

function decide(one: Case = {}) {
  const mail = inboundMail(one.mail);
  const kind = one.kind ?? 'person';
  const received = one.occurredAt ?? occurredAt;
  return decideMailEffect({
    mail,
    verdict: { kind, evidence: [{ rule: 'kind', saw: kind }] },
    sender: {
      address: mail.from?.address ?? null,
      name: mail.from?.name ?? '',
      authenticated: true,
      method: 'results',
      silent: false,
      consistent: true,
      reasons: [{ rule: 'authentication:results', saw: 'dmarc=pass' }],
      ...one.sender,
    },
    keys: {
      tokens: [],
      confirmTokens: [],
      signedIds: [],
      foreignIds: [],
      ticketNumbers: [],
      threadIndex: null,
      refused: [],
      returned: { tokens: [], signedIds: [], foreignIds: [] },
      ...one.keys,
    },
    thread: {
      ticket: one.right === undefined ? null : { ...TICKET, ...one.on },
      right: one.right ?? { right: 'none', reason: 'stranger' },
      evidence: [],
      suggestions: [],
      learnt: null,
      ...one.thread,
    },
    placement: placeTicket({
      mailbox: { departmentId: '100', answerSince },
      departments: [{ id: '100', slaPlanId: '300' }],
      kind,
      occurredAt: received,
    }),
    own,
    newCc: one.newCc ?? 'propose',
    occurredAt: received,
    answerSince,
    acknowledges: true,
    deskNames: ['John Smith'],
    facts: {
      duplicateOf: null,
      isMessageIdReused: false,
      outgoing: [],
      agent: null,
      agentAddresses: new Set(['john@desk.test']),
      sender: null,
      confirmation: null,
      acknowledgement: {
        isKnown: false,
        isAddressSuppressed: false,
        automaticLastHour: 0,
        automaticLastDay: 0,
        isBreakerOpen: false,
      },
      ...one.facts,
    },
  });
}

function opened(one: Case = {}): OpenEffect {
  const effect = decide(one);
  if (effect.effect !== 'open' && effect.effect !== 'follow-up') throw new Error(`was ${effect.effect}`);
  return effect;
}

function appended(one: Case = {}): AppendEffect {
  const effect = decide({ right: JOIN, ...one });
  if (effect.effect !== 'append') throw new Error(`was ${effect.effect}`);
  return effect;
}

describe("a person's first mail", () => {
  test('opens a ticket where placement says, acknowledges it, and starts its clocks', () => {
    expect(opened()).toMatchObject({
      effect: 'open',
      follows: null,
      status: 'new',
      requester: 'sender',
      startsClocks: true,
      placement: { departmentId: '100', slaPlanId: '300' },
      article: { kind: 'inbound', visibility: 'public', state: 'accepted', marks: [], hasAuthor: true },
      acknowledgement: { send: true, withText: true },
      evidence: [
        { rule: 'kind', saw: 'person' },
        { rule: 'authentication:results', saw: 'dmarc=pass' },
      ],
    });
  });

  test('older than the cut-off opens a ticket without answer and clock (IN-20)', () => {
    expect(opened({ occurredAt: new Date('2026-10-01T09:00:00Z') })).toMatchObject({
      startsClocks: false,
      acknowledgement: { send: false, reason: 'old-mail' },
    });
  });

  test('without From opens a ticket of an unknown sender whom nobody answers (case 8)', () => {
    expect(opened({ mail: { from: null }, sender: { authenticated: false } })).toMatchObject({
      requester: 'unknown',
      startsClocks: false,
      article: { marks: ['unknown-sender'], hasAuthor: false },
      acknowledgement: { send: false, reason: 'no-sender' },
      collaborators: [],
    });
  });

  test('that names a ticket without right opens its own, with a suggestion (TH-01, case 29)', () => {
    const suggestions = [{ ticketId: '1', evidence: [{ rule: 'number', saw: 'subject: ticket 1: none' }] }];
    expect(opened({ thread: { suggestions } }).suggestions).toEqual(suggestions);
  });
});

describe('collaborators of an opening mail', () => {
  const group = {
    to: [mailAddress('support@desk.test'), mailAddress('b@customer.test', 'B')],
    cc: [
      mailAddress('sales@desk.test'),
      mailAddress(`support+${'a'.repeat(45)}@desk.test`),
      mailAddress('John@desk.test'),
      mailAddress('karen@customer.test'),
      mailAddress('b@customer.test'),
      mailAddress('c@other.test'),
    ],
  };

  test('are the people in To and Cc: not the sender, not ours, no agents (case 36)', () => {
    expect(opened({ mail: group }).collaborators).toEqual([
      { address: 'b@customer.test', name: 'B', state: 'accepted' },
      { address: 'c@other.test', name: '', state: 'accepted' },
    ]);
  });

  test('are proposals when nobody vouches for the sender (TH-06)', () => {
    const { collaborators } = opened({ mail: group, sender: { authenticated: false } });
    expect(collaborators.map(({ state }) => state)).toEqual(['proposed', 'proposed']);
  });

  test.each<[string, Case]>([
    [
      'of a mailing to very many (case 49)',
      { mail: { to: Array.from({ length: 40_000 }, (_, at) => mailAddress(`a${at}@x.test`)) } },
    ],
    ['of a mail over the limits', { mail: { ...group, defects: [{ code: 'over-limit', detail: '' }] } }],
    ['of automatic mail', { mail: group, kind: 'auto-reply' }],
  ])('are none %s', (_, one) => {
    expect(opened(one).collaborators).toEqual([]);
  });
});

describe('an answer', () => {
  test.each<[TicketStatus, AppendEffect['status']]>([
    ['new', null],
    ['open', null],
    ['pending', { from: 'pending', to: 'open' }],
    ['on-hold', { from: 'on-hold', to: 'open' }],
    ['resolved', { from: 'resolved', to: 'open' }],
  ])('on a ticket that is %s leaves it: %j', (status, change) => {
    expect(appended({ on: { status } })).toMatchObject({
      ticket: { id: '1' },
      status: change,
      article: { kind: 'inbound', visibility: 'public', state: 'accepted', marks: [], hasAuthor: true },
    });
  });

  test.each<TicketStatus>(['resolved', 'closed'])(
    'R12 that only thanks leaves a %s ticket as it is, and agents are told',
    (status) => {
      for (const right of [JOIN, UNVERIFIED]) {
        expect(appended({ right, on: { status }, mail: { text: 'Thank you, John!' } })).toMatchObject({
          status: null,
          article: {
            visibility: 'public',
            state: 'accepted',
            marks: right === JOIN ? ['thanks'] : ['thanks', 'unverified'],
          },
          notification: { send: true },
          reopening: null,
        });
      }
    },
  );

  test.each<TicketStatus>(['new', 'open', 'pending', 'on-hold'])(
    'that only thanks is like any other on a ticket that is %s',
    (status) => {
      const effect = appended({ on: { status }, mail: { text: 'Thank you!' } });
      expect(effect.article.marks).toEqual([]);
      expect(effect.status?.to ?? status).toBe(status === 'new' ? 'new' : 'open');
    },
  );

  test('that reopens what was resolved is answered, by machine only where its mail may be', () => {
    expect(appended({ on: { status: 'resolved' } }).reopening).toEqual({ send: true, withText: true });
    expect(appended({ on: { status: 'pending' } }).reopening).toBeNull();
    const headers = headerFields(['Precedence', 'bulk']);
    expect(appended({ on: { status: 'resolved' }, mail: { headers } }).reopening).toEqual({
      send: false,
      reason: 'automatic-mail',
    });
    expect(appended({ on: { status: 'resolved' }, occurredAt: new Date('2026-10-01T00:00:00Z') }).reopening).toEqual({
      send: false,
      reason: 'old-mail',
    });
  });

  test('on a closed ticket opens a new one linked to it (TH-09)', () => {
    expect(opened({ right: JOIN, on: { status: 'closed' } })).toMatchObject({
      effect: 'follow-up',
      follows: { id: '1', number: '1001' },
      status: 'new',
      requester: 'sender',
      acknowledgement: { send: true },
    });
  });

  test('of somebody nobody vouches for joins with a mark', () => {
    const effect = appended({ right: UNVERIFIED, sender: { authenticated: false } });
    expect(effect).toMatchObject({ article: { state: 'accepted', marks: ['unverified'] }, status: { to: 'open' } });
  });

  test('passes on what was learnt about the relay', () => {
    const learnt = { messageId: 'x@relay.test', ticketId: '1', addressId: '7' };
    expect(appended({ thread: { learnt } }).learnt).toEqual(learnt);
  });

  test.each<[string, Case, ('proposed' | 'accepted')[]]>([
    ['are proposed (TH-06, case 34)', {}, ['proposed']],
    ['are accepted where the department says so', { newCc: 'accept' }, ['accepted']],
    [
      'are proposed even there when nobody vouches for the sender',
      { newCc: 'accept', right: UNVERIFIED },
      ['proposed'],
    ],
  ])('newcomers %s; whoever was on the ticket, or was removed, is none', (_, one, states) => {
    const cc = ['new@x.test', 'karen@home.test', 'colleague@customer.test', 'removed@customer.test', 'john@desk.test'];
    const { collaborators } = appended({ mail: { cc: cc.map((address) => mailAddress(address)) }, ...one });
    expect(collaborators).toEqual(states.map((state) => ({ address: 'new@x.test', name: '', state })));
  });
});

describe('a held article (TH-04, case 32)', () => {
  test.each<TicketStatus>(['pending', 'resolved', 'closed'])('changes nothing on a %s ticket', (status) => {
    const effect = appended({ right: HELD, on: { status }, mail: { cc: [mailAddress('new@x.test')] } });
    expect(effect).toMatchObject({
      status: null,
      collaborators: [],
      article: { state: 'held', visibility: 'public', marks: ['third-party'] },
    });
  });

  test('says that nobody vouches for its sender', () => {
    expect(appended({ right: HELD, sender: { authenticated: false } }).article.marks).toEqual([
      'third-party',
      'unverified',
    ]);
  });

  test("of somebody under an agent's name stays internal (AG-01)", () => {
    const right: SenderRight = { right: 'held', reason: 'agent-unproven' };
    expect(appended({ right, sender: { authenticated: false } }).article).toMatchObject({
      state: 'held',
      visibility: 'internal',
      marks: ['unverified'],
    });
  });
});

describe("an agent's mail", () => {
  test.each(['reply', 'note', 'act'] as const)(
    'with a %s token acts with the agent’s power on its ticket',
    (purpose) => {
      const effect = decide({ right: { right: 'agent', personId: '50', purpose } });
      expect(effect).toMatchObject({ effect: 'agent', personId: '50', purpose, ticket: { id: '1' } });
    },
  );

  test.each<MailKind>(['auto-reply', 'list', 'loop'])('that is %s has none (AG-12)', (kind) => {
    const effect = appended({ kind, right: { right: 'agent', personId: '50', purpose: 'reply' } });
    expect(effect).toMatchObject({ article: { visibility: 'internal', marks: expect.arrayContaining(['automatic']) } });
  });
});

describe('agents are told', () => {
  test('of a first mail and of an answer', () => {
    expect(decide({})).toMatchObject({ effect: 'open', notification: { send: true } });
    for (const right of [JOIN, UNVERIFIED]) expect(appended({ right }).notification).toEqual({ send: true });
  });

  test('of nothing that is held, and of no machine’s mail', () => {
    expect(appended({ right: HELD }).notification).toBeNull();
    expect(appended({ kind: 'auto-reply', right: JOIN }).notification).toBeNull();
  });
});

describe('an agent passes a mail on (AG-13)', () => {
  const JOHN = { personId: '50', addresses: ['john@desk.test', 'j.smith@desk.test'] };
  const text = 'Please open a ticket.\n\n-- \nJohn\n\n---- Forwarded message ----\nFrom: …\n\nI lost it.\n';
  const startsAt = text.indexOf('---- F');
  const forwarded: NonNullable<InboundMail['forwarded']> = {
    from: mailAddress('claire@customer.test', 'Claire'),
    date: null,
    subject: 'WG: AW: Card lost',
    text: 'I lost it.',
    spans: [{ kind: 'reply', from: 0, to: 10 }],
    startsAt,
  };
  const passedOn = (differs: Partial<InboundMail['forwarded']> = {}, one: Case = {}) =>
    opened({
      ...one,
      facts: { agent: JOHN, ...one.facts },
      mail: {
        from: mailAddress('john@desk.test', 'John Smith'),
        subject: 'Fwd: Card lost',
        text,
        spans: [
          { kind: 'reply', from: 0, to: 23 },
          { kind: 'signature', from: 23, to: startsAt },
          { kind: 'reply', from: startsAt, to: text.length },
        ],
        forwarded: { ...forwarded, ...differs },
        ...one.mail,
      },
    });

  test('and it opens a ticket for its sender: a claim that nothing is sent to by machine', () => {
    const effect = passedOn();
    expect(effect).toMatchObject({
      effect: 'open',
      requester: 'sender',
      startsClocks: true,
      article: {
        kind: 'inbound',
        visibility: 'public',
        state: 'accepted',
        marks: ['claimed-by-agent'],
        hasAuthor: true,
      },
      acknowledgement: { send: false, reason: 'claimed-by-agent' },
      notification: { send: true },
      passedOn: {
        agentId: '50',
        original: { from: { address: 'claire@customer.test' }, subject: 'Card lost', text: 'I lost it.' },
        cover: {
          text: 'Please open a ticket.\n\n-- \nJohn\n\n',
          spans: [{ kind: 'reply' }, { kind: 'signature' }],
        },
      },
    });
    expect(effect.evidence.at(-1)).toEqual({ rule: 'passed-on', saw: 'its sender is a claim of agent 50' });
  });

  test.each<[string, Partial<InboundMail['forwarded']>, object]>([
    ['an attached mail has all the text above it', { startsAt: null }, { cover: { text } }],
    ['nothing above it is no note', { startsAt: 0 }, { cover: null }],
    ['without a subject it has that of the agent’s mail', { subject: '' }, { original: { subject: 'Card lost' } }],
  ])('%s', (_name, differs, expected) => {
    expect(passedOn(differs).passedOn).toMatchObject(expected);
  });

  test('who gets the agent’s mail is only proposed, and the requester is no collaborator', () => {
    const cc = [mailAddress('claire@customer.test'), mailAddress('kim@customer.test'), mailAddress('jane@desk.test')];
    const agentAddresses = new Set(['john@desk.test', 'jane@desk.test']);
    expect(passedOn({}, { mail: { cc }, facts: { agentAddresses } }).collaborators).toEqual([
      { address: 'kim@customer.test', name: '', state: 'proposed' },
    ]);
  });

  test.each<[string, Case, Partial<InboundMail['forwarded']>?]>([
    ['nobody vouches for the agent', { sender: { authenticated: false } }],
    ['From, Sender and Reply-To differ (AG-03)', { sender: { consistent: false } }],
    ['the sender is no agent at work', { facts: { agent: null } }],
    ['it came as list mail', { kind: 'list' }],
    ['it passes nothing on', { mail: { forwarded: null } }],
    ['the agent wrote it from elsewhere', {}, { from: mailAddress('J.Smith@desk.test') }],
  ])('but not when %s: then the ticket is the sender’s own', (_name, one, differs = {}) => {
    const effect = passedOn(differs, one);
    expect(effect).toMatchObject({ passedOn: null, requester: 'sender' });
    expect(effect.article.marks).not.toContain('claimed-by-agent');
  });

  test.each<[string, MailAddress | null]>([
    ['no sender can be told', null],
    ['it is mail of our own', mailAddress('support@desk.test')],
    ['it is mail of a reply address of ours', mailAddress('help+x@desk.test')],
  ])('where %s, the agent is the requester and hears so', (_name, from) => {
    expect(passedOn({ from })).toMatchObject({
      passedOn: { agentId: '50', original: null, cover: null },
      acknowledgement: { send: false, reason: 'told-by-receipt' },
      article: { marks: [] },
    });
  });

  test('a rule of the agent’s mail program that passes on our receipts as well gets two of them an hour', () => {
    const acknowledgement = { isKnown: false, isAddressSuppressed: false, automaticLastDay: 2, isBreakerOpen: false };
    expect(
      passedOn({ from: null }, { facts: { acknowledgement: { ...acknowledgement, automaticLastHour: 2 } } }),
    ).toMatchObject({ passedOn: null, acknowledgement: { send: false, reason: 'address-limit' } });
  });

  test('with the address of a ticket it is the mail to that ticket that it always was', () => {
    const right: SenderRight = { right: 'agent', personId: '50', purpose: 'reply' };
    expect(
      decide({ right, facts: { agent: JOHN }, mail: { from: mailAddress('john@desk.test'), forwarded } }),
    ).toMatchObject({ effect: 'agent', purpose: 'reply' });
  });
});

describe('automatic mail', () => {
  test.each<MailKind>(['auto-reply', 'read-receipt', 'bounce', 'delivery-report', 'complaint', 'loop'])(
    '%s attaches quietly to its ticket: no status, no collaborators, nothing public (case 38)',
    (kind) => {
      for (const right of [JOIN, UNVERIFIED, HELD]) {
        const effect = appended({ kind, right, on: { status: 'resolved' }, mail: { cc: [mailAddress('new@x.test')] } });
        expect(effect).toMatchObject({
          status: null,
          collaborators: [],
          article: { visibility: 'internal', state: 'accepted' },
        });
        expect(effect.article.marks).toContain('automatic');
      }
    },
  );

  test('attaches to a closed ticket too, and opens none', () => {
    expect(appended({ kind: 'auto-reply', on: { status: 'closed' } }).ticket.id).toBe('1');
  });

  test.each<[MailKind, OpenEffect['requester'], string]>([
    ['auto-reply', 'sender', 'internal'],
    ['list', 'sender', 'public'],
    ['bounce', 'unknown', 'internal'],
  ])('%s that belongs nowhere opens a ticket nobody is told of', (kind, requester, visibility) => {
    expect(opened({ kind })).toMatchObject({
      effect: 'open',
      requester,
      startsClocks: false,
      article: { visibility, marks: ['automatic'], hasAuthor: requester === 'sender' },
      acknowledgement: { send: false, reason: 'automatic-mail' },
    });
  });

  test.each<MailKind>(['read-receipt', 'complaint', 'delivery-report'])(
    '%s that belongs nowhere is filed: nobody asks for anything in it (cases 44, 45)',
    (kind) => {
      expect(decide({ kind })).toMatchObject({ effect: 'file', reason: kind });
    },
  );

  test('list mail from somebody who takes part is their answer: a desk may sit behind a group address', () => {
    expect(appended({ kind: 'list' })).toMatchObject({ status: { to: 'open' }, article: { visibility: 'public' } });
    expect(appended({ kind: 'list', right: HELD })).toMatchObject({
      status: null,
      article: { visibility: 'internal' },
    });
  });
});

describe('our own mail coming back', () => {
  const echo: Partial<ThreadKeys> = { signedIds: [{ kind: 'outbox', id: '9', place: 'message-id' }] };

  test('as we wrote it is filed (case 4, OUT-17)', () => {
    const mail = { from: mailAddress('support@desk.test') };
    expect(decide({ kind: 'loop', mail, keys: echo, right: HELD })).toMatchObject({
      effect: 'file',
      reason: 'own-echo',
    });
  });

  test("under another sender is that sender's mail, kept and marked (IN-08)", () => {
    const effect = appended({ kind: 'loop', keys: echo, right: HELD });
    expect(effect.article.marks).toEqual(['automatic', 'own-echo', 'message-id-reuse']);
  });

  test('from our own address opens a ticket we never answer: web forms write so (case 37)', () => {
    expect(opened({ kind: 'loop', mail: { from: mailAddress('help@desk.test') } })).toMatchObject({
      requester: 'unknown',
      startsClocks: false,
      acknowledgement: { send: false },
      article: { marks: ['automatic', 'own-echo'], hasAuthor: false },
    });
  });
});

describe('a mail that came before', () => {
  const before = { inboundMailId: '70', ticketId: '1', articleId: '80' };

  test('has no second effect, whatever it is (IN-07, IN-18)', () => {
    for (const kind of ['person', 'bounce', 'list'] as const)
      expect(decide({ kind, right: JOIN, facts: { duplicateOf: before } })).toMatchObject({
        effect: 'duplicate',
        of: before,
      });
  });

  test('only by its Message-ID is its own mail, marked (IN-08, case 5)', () => {
    expect(opened({ facts: { isMessageIdReused: true } }).article.marks).toEqual(['message-id-reuse']);
  });
});

describe('a bounce', () => {
  const report = {
    recipient: 'karen@customer.test',
    action: 'failed' as const,
    status: '5.1.1',
    permanent: true,
    reason: null,
    diagnostic: null,
    originalMessageId: null,
  };
  const outgoing = [
    {
      outboxId: '9',
      ticketId: '1',
      articleId: null,
      recipientAddressId: '7',
      recipientAddress: 'karen@customer.test',
      relayMessageId: null,
      purpose: 'acknowledgement' as const,
      isReturned: false,
    },
  ];
  const bounce: Case = { kind: 'bounce', mail: { from: null, deliveryReports: [report] }, facts: { outgoing } };

  test('of one of our mails marks it and opens nothing (case 41, OUT-16)', () => {
    const returned = { tokens: [], signedIds: [{ kind: 'outbox' as const, id: '9' }], foreignIds: [] };
    expect(decide({ ...bounce, keys: { returned }, right: HELD })).toMatchObject({
      effect: 'returned',
      ticketId: '1',
      returns: [{ outboxId: '9', outcome: 'failed', suppressesRecipient: true }],
    });
  });

  test('that names none of ours is an ordinary mail and silences nobody (case 42)', () => {
    expect(decide(bounce)).toMatchObject({ effect: 'open', acknowledgement: { send: false } });
  });

  test('reports in a mail that is none are not believed', () => {
    const returned = { tokens: [], signedIds: [{ kind: 'outbox' as const, id: '9' }], foreignIds: [] };
    expect(decide({ ...bounce, kind: 'person', keys: { returned } }).effect).toBe('open');
  });
});

test.each<[MailDefectCode, string]>([
  ['over-limit', 'over-limit'],
  ['header-only', 'header-only'],
  ['parser-refused', 'header-only'],
  ['size-mismatch', 'size-mismatch'],
  ['address-disagreement', 'suspicious-sender'],
  ['address-changed-by-canonical-form', 'suspicious-sender'],
  ['bidi-control', 'suspicious-sender'],
])('the defect %s marks the article %s (IN-10, cases 15 to 24)', (code, mark) => {
  expect(opened({ mail: { defects: [{ code, detail: '' }] } }).article.marks).toEqual([mark]);
});

test('a sender under the name of another address is marked (cases 11, 12)', () => {
  const from = mailAddress('evil@evil.test', 'john@desk.test');
  expect(opened({ mail: { from } }).article.marks).toEqual(['suspicious-sender']);
});

test('whatever the mail, its sender and its thread: one effect, and nothing outside hears of what is not proven', () => {
  const address = fc.constantFrom('karen@customer.test', 'support@desk.test', 'john@desk.test', 'new@x.test');
  const right = fc.constantFrom<(SenderRight | undefined)[]>(undefined, JOIN, UNVERIFIED, HELD, {
    right: 'agent',
    personId: '50',
    purpose: 'reply',
  });
  fc.assert(
    fc.property(
      fc.constantFrom<MailKind[]>('person', 'auto-reply', 'bounce', 'complaint', 'read-receipt', 'list', 'loop'),
      right,
      fc.constantFrom<TicketStatus[]>('new', 'pending', 'resolved', 'closed'),
      fc.option(address),
      fc.boolean(),
      fc.array(address),
      (kind, sendersRight, status, from, authenticated, cc) => {
        const effect = decide({
          kind,
          mail: { from: from === null ? null : mailAddress(from), cc: cc.map((one) => mailAddress(one)) },
          sender: { authenticated },
          on: { status },
          ...(sendersRight === undefined ? {} : { right: sendersRight }),
        });
        if (effect.effect === 'open' || effect.effect === 'follow-up') {
          const { acknowledgement } = effect;
          if (acknowledgement.send) expect([kind, effect.requester]).toEqual(['person', 'sender']);
          if (acknowledgement.send && acknowledgement.withText) expect(authenticated).toBe(true);
        } else if (effect.effect === 'append') {
          const isPublic = effect.article.visibility === 'public' && effect.article.state === 'accepted';
          const joins = sendersRight?.right === 'join' || sendersRight?.right === 'join-unverified';
          if (isPublic || effect.status !== null || effect.collaborators.length > 0) expect(joins).toBe(true);
          if (effect.status !== null) expect(['person', 'list']).toContain(kind);
        } else if (effect.effect === 'agent') expect([kind, sendersRight?.right]).toEqual(['person', 'agent']);
        else expect(effect.effect).toBe('file');
        if ('collaborators' in effect)
          for (const one of effect.collaborators) expect(['karen@customer.test', 'new@x.test']).toContain(one.address);
      },
    ),
  );
});
