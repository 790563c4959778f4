import { describe, expect, test } from 'vitest';
import type { AuthenticationSource } from '../../src/core/desk-config.ts';
import {
  confirmedSender,
  type DkimSignature,
  decideSenderRight,
  type JudgedSender,
  judgeSender,
  type KnownSender,
  type Participation,
  type SenderRight,
  type ThreadProof,
} from '../../src/core/identity.ts';
import type { MailDefectCode } from '../../src/core/inbound-mail.ts';
import { headerFields, inboundMail, mailAddress } from '../support/inbound-mail.ts';

const RESULTS: AuthenticationSource[] = [{ results: 'mx.desk.test' }];
const PASS = 'mx.desk.test; dmarc=pass header.from=customer.test';

function withHeaders(...fields: [string, string][]) {
  return inboundMail({ headers: headerFields(...fields, ['From', 'Karen <karen@customer.test>']) });
}

describe('results: the topmost Authentication-Results of the named server', () => {
  test('a dmarc pass for the domain in From authenticates', () => {
    expect(judgeSender(withHeaders(['Authentication-Results', PASS]), RESULTS)).toMatchObject({
      address: 'karen@customer.test',
      authenticated: true,
      method: 'results',
    });
  });

  test('another server speaking above ours does not hide it', () => {
    const mail = withHeaders(['Authentication-Results', 'edge.test; spf=pass'], ['Authentication-Results', PASS]);
    expect(judgeSender(mail, RESULTS).authenticated).toBe(true);
  });

  test.each<[string, [string, string][]]>([
    [
      'that stands below a true one (IN-13, case 25)',
      [
        ['Authentication-Results', 'mx.desk.test; dmarc=fail'],
        ['Authentication-Results', PASS],
      ],
    ],
    [
      'below a true one in other casing',
      [
        ['Authentication-Results', 'MX.Desk.Test; dmarc=fail'],
        ['Authentication-Results', PASS],
      ],
    ],
    [
      'below one that checked nothing',
      [
        ['Authentication-Results', 'mx.desk.test; none'],
        ['Authentication-Results', PASS],
      ],
    ],
    ['of another server', [['Authentication-Results', PASS.replace('mx.desk.test', 'mx.evil.test')]]],
    [
      'of a server whose name begins like ours',
      [['Authentication-Results', PASS.replace('mx.desk.test', 'mx.desk.test.evil.test')]],
    ],
    [
      'with our name in a comment',
      [['Authentication-Results', `(mx.desk.test) evil.test; dmarc=pass header.from=customer.test`]],
    ],
    [
      'for another domain than From (case 26)',
      [['Authentication-Results', 'mx.desk.test; dmarc=pass header.from=evil.test']],
    ],
    ['for a parent domain of From', [['Authentication-Results', 'mx.desk.test; dmarc=pass header.from=test']]],
    ['that does not say for which domain', [['Authentication-Results', 'mx.desk.test; dmarc=pass']]],
    [
      'for two domains',
      [['Authentication-Results', 'mx.desk.test; dmarc=pass header.from=customer.test header.from=evil.test']],
    ],
    [
      'beside a second dmarc result',
      [
        [
          'Authentication-Results',
          'mx.desk.test; dmarc=pass header.from=customer.test; dmarc=fail header.from=evil.test',
        ],
      ],
    ],
    [
      'of SPF and DKIM without DMARC (AG-04)',
      [
        [
          'Authentication-Results',
          'mx.desk.test; spf=pass smtp.mailfrom=customer.test; dkim=pass header.d=customer.test',
        ],
      ],
    ],
    [
      'below a true one that the envelope sender broke',
      [
        ['Authentication-Results', 'mx.desk.test; spf=pass smtp.mailfrom="a("b(@evil.test; dmarc=fail'],
        ['Authentication-Results', PASS],
      ],
    ],
    [
      'that the envelope sender wrote into a true one',
      [
        [
          'Authentication-Results',
          'mx.desk.test; spf=pass smtp.mailfrom="x; dmarc=pass header.from=customer.test"@evil.test; dmarc=fail',
        ],
      ],
    ],
    [
      'that stands in a comment',
      [['Authentication-Results', 'mx.desk.test; spf=fail (dmarc=pass header.from=customer.test)']],
    ],
    [
      'none, permerror and temperror',
      [['Authentication-Results', 'mx.desk.test; dmarc=permerror header.from=customer.test']],
    ],
    ['in an ARC seal of a stranger (AG-04)', [['ARC-Authentication-Results', `i=1; ${PASS}`]]],
    ['in a header that only sounds like it', [['X-Authentication-Results', PASS]]],
  ])('a pass %s does not count', (_, fields) => {
    expect(judgeSender(withHeaders(...fields), RESULTS)).toMatchObject({ authenticated: false, method: null });
  });

  test('the domain may differ in case and by a closing dot', () => {
    const mail = withHeaders(['Authentication-Results', 'mx.desk.test; dmarc=pass header.from=Customer.Test.']);
    expect(judgeSender(mail, RESULTS).authenticated).toBe(true);
  });
});

describe('header: what the operator promises his server strips from outside mail', () => {
  const sources: AuthenticationSource[] = [{ header: 'X-MS-Exchange-Organization-AuthAs', is: 'Internal' }];
  test.each<[string, [string, string][], boolean]>([
    ['as agreed', [['X-MS-Exchange-Organization-AuthAs', 'Internal']], true],
    ['in other casing', [['x-ms-exchange-organization-authas', ' internal ']], true],
    ['with another value', [['X-MS-Exchange-Organization-AuthAs', 'Anonymous']], false],
    ['with more than the value', [['X-MS-Exchange-Organization-AuthAs', 'Internal Anonymous']], false],
    [
      'twice',
      [
        ['X-MS-Exchange-Organization-AuthAs', 'Internal'],
        ['X-MS-Exchange-Organization-AuthAs', 'Internal'],
      ],
      false,
    ],
    ['absent', [], false],
  ])('%s: %s', (_, fields, authenticated) => {
    expect(judgeSender(withHeaders(...fields), sources).authenticated).toBe(authenticated);
  });
});

describe('receivedBy: an authenticated submission in the topmost Received of the named host', () => {
  const sources: AuthenticationSource[] = [{ receivedBy: 'mx.desk.test', with: 'ESMTPSA' }];
  const submitted =
    'from laptop (unknown [192.0.2.7])\r\n\tby mx.desk.test (Postfix) with ESMTPSA id 4X; Mon, 2 Nov 2026 09:00:00 +0000';
  const loggedIn = (user: string) => submitted.replace('by mx', `(Authenticated sender: ${user})\r\n\tby mx`);
  const outside = 'from mx.evil.test by mx.desk.test (Postfix) with ESMTPS id 4Y; Mon, 2 Nov 2026 09:00:01 +0000';
  const handover = 'from mx.desk.test by mx.desk.test with LMTP id 4Z; Mon, 2 Nov 2026 09:00:02 +0000';
  test.each<[string, string[], boolean]>([
    ['on top', [submitted], true],
    ["under the host's own hand-over to the mail store", [handover, submitted], true],
    ['under a line by which it came from outside', [outside, submitted], false],
    ['under a hand-over of mail from outside', [handover, outside, submitted], false],
    ['under a line of another host', ['from a by b.test with ESMTP; Mon', submitted], false],
    ['with words in a comment only', ['from (by mx.desk.test with ESMTPSA) by b.test with ESMTP; Mon'], false],
    ['under a greeting that is a clause word', ['from with by mx.desk.test with ESMTPSA; Mon', submitted], false],
    ['with two by clauses', ['from by mx.desk.test with ESMTPSA by b.test with ESMTP; Mon'], false],
    ['by a mail with SMTPUTF8', [submitted.replace('ESMTPSA', 'UTF8SMTPSA')], true],
    ['by who logged in with the address in From', [loggedIn('karen@customer.test')], true],
    ['by who logged in with another address', [loggedIn('john@desk.test')], false],
    ['by who logged in with a bare name', [loggedIn('karen')], true],
    [
      'by who greets as somebody and logged in as another',
      [loggedIn('john@desk.test').replace('laptop', 'x (Authenticated sender: karen@customer.test)')],
      false,
    ],
    ['on a line without end of comment', ['from a by mx.desk.test with ESMTPSA (; Mon'], false],
    ['nowhere', [], false],
  ])('%s: %s', (_, received, authenticated) => {
    const mail = withHeaders(...received.map((line): [string, string] => ['Received', line]));
    expect(judgeSender(mail, sources).authenticated).toBe(authenticated);
  });
});

describe('dkim: our own check', () => {
  const sources: AuthenticationSource[] = [{ dkim: 'verify' }];
  const good: DkimSignature = {
    result: 'pass',
    domain: 'customer.test',
    lengthLimited: false,
    fromSigned: true,
    rsaKeyBits: 2_048,
  };
  test.each<[string, Partial<DkimSignature>, boolean]>([
    ['of the domain in From', {}, true],
    ['of a subdomain (relaxed alignment)', { domain: 'mail.customer.test' }, true],
    ['by an Ed25519 key', { rsaKeyBits: null }, true],
    ['of another organisation', { domain: 'evil.test' }, false],
    ['that leaves out the end of the body (l=, AG-04, case 27)', { lengthLimited: true }, false],
    ['that leaves out From', { fromSigned: false }, false],
    ['by a weak key', { rsaKeyBits: 1_024 }, false],
    ['that fails', { result: 'fail' }, false],
  ])('a signature %s: %s', (_, differs, authenticated) => {
    const verdict = judgeSender(inboundMail(), sources, { signatures: [{ ...good, ...differs }] });
    expect(verdict.authenticated).toBe(authenticated);
  });

  test('a mail without a signature leaves the word to the next source', () => {
    for (const signatures of [[], [{ ...good, result: 'none' as const }]])
      expect(judgeSender(inboundMail(), sources, { signatures })).toMatchObject({ authenticated: false, silent: true });
  });

  test('two customers of one public suffix are not one organisation', () => {
    const mail = inboundMail({ from: mailAddress('karen@one.github.io') });
    const verdict = judgeSender(mail, sources, { signatures: [{ ...good, domain: 'two.github.io' }] });
    expect(verdict.authenticated).toBe(false);
  });
});

describe('the first source that speaks decides', () => {
  const sources: AuthenticationSource[] = [
    { results: 'mx.desk.test' },
    { header: 'X-Internal', is: 'yes' },
    { dkim: 'verify' },
  ];
  test.each<[string, [string, string][], boolean]>([
    [
      'a failed dmarc is not overruled by a later source',
      [
        ['Authentication-Results', 'mx.desk.test; dmarc=fail'],
        ['X-Internal', 'yes'],
      ],
      false,
    ],
    [
      'a domain without DMARC leaves the word to the next',
      [
        ['Authentication-Results', 'mx.desk.test; dmarc=none header.from=customer.test'],
        ['X-Internal', 'yes'],
      ],
      true,
    ],
    [
      'a server that did not look leaves the word to the next',
      [
        ['Authentication-Results', 'mx.desk.test; spf=pass'],
        ['X-Internal', 'yes'],
      ],
      true,
    ],
    ['silence of all is no proof', [], false],
  ])('%s', (_, fields, authenticated) => {
    expect(judgeSender(withHeaders(...fields), sources).authenticated).toBe(authenticated);
  });

  test('without sources nobody is authenticated', () => {
    expect(judgeSender(withHeaders(['Authentication-Results', PASS]), [])).toMatchObject({
      authenticated: false,
      reasons: [{ rule: 'authentication', saw: 'no source spoke' }],
    });
  });
});

describe('a From that could be read in two ways is never authenticated', () => {
  test.each<[string, MailDefectCode]>([
    ['two From headers (case 9)', 'from-repeated'],
    ['two addresses, or a group (cases 10, 14, 18)', 'from-several-addresses'],
    ['readers that disagree (cases 15, 17)', 'address-disagreement'],
    ['a space before the colon (case 20)', 'header-name-space'],
    ['a lone CR between header lines (case 21)', 'header-lone-cr'],
    ['a domain changed by its canonical form (case 22)', 'address-changed-by-canonical-form'],
    ['a mail the parser refused (IN-12)', 'parser-refused'],
  ])('%s', (_, code) => {
    const mail = { ...withHeaders(['Authentication-Results', PASS]), defects: [{ code, detail: '' }] };
    expect(judgeSender(mail, RESULTS)).toMatchObject({
      authenticated: false,
      reasons: [{ rule: 'defect', saw: code }],
    });
  });

  test('two From headers count even where the parser noticed nothing', () => {
    const mail = withHeaders(['Authentication-Results', PASS], ['From', 'john@desk.test']);
    expect(judgeSender(mail, RESULTS).authenticated).toBe(false);
  });

  test('no From: nobody (cases 8, 13, 19)', () => {
    const mail = { ...inboundMail(), from: null };
    expect(judgeSender(mail, RESULTS)).toMatchObject({ address: null, authenticated: false, silent: false });
  });
});

describe('a mail that its agent has confirmed', () => {
  test('counts as authenticated where nothing was said of its sender', () => {
    const judged = judgeSender(withHeaders(), RESULTS);
    expect(judged.silent).toBe(true);
    expect(confirmedSender(judged, '12')).toMatchObject({
      authenticated: true,
      method: 'confirmation',
      silent: false,
      reasons: [{ rule: 'authentication:confirmation', saw: 'confirmed by mail 12' }],
    });
  });

  test('does not where something speaks against it', () => {
    const judged = judgeSender(withHeaders(['Authentication-Results', 'mx.desk.test; dmarc=fail']), RESULTS);
    expect(confirmedSender(judged, '12')).toBe(judged);
    expect(judged).toMatchObject({ authenticated: false, silent: false });
  });
});

describe('From, Sender and Reply-To at odds (AG-03, case 28)', () => {
  test.each([
    ['agree when only From is there', {}, true],
    [
      'agree when all name one address',
      { sender: mailAddress('karen@customer.test'), replyTo: [mailAddress('karen@customer.test')] },
      true,
    ],
    ['differ by Sender', { sender: mailAddress('john@desk.test') }, false],
    [
      'differ by one Reply-To of two',
      { replyTo: [mailAddress('karen@customer.test'), mailAddress('john@desk.test')] },
      false,
    ],
  ])('%s', (_, differs, consistent) => {
    expect(judgeSender(inboundMail(differs), RESULTS).consistent).toBe(consistent);
  });
});

describe("the sender's right", () => {
  const karen: KnownSender = { addressId: '1', personId: '10', personAddressIds: ['1', '2'], agent: null };
  const colleague: KnownSender = { addressId: '3', personId: '30', personAddressIds: ['3'], agent: null };
  const stranger: KnownSender = { addressId: '4', personId: '40', personAddressIds: ['4'], agent: null };
  const john: KnownSender = {
    addressId: '5',
    personId: '50',
    personAddressIds: ['5'],
    agent: { role: 'agent', disabled: false },
  };
  const ticket: Participation = {
    requesterId: '10',
    requesterAddresses: ['karen@customer.test', 'karen@home.test'],
    collaborators: [
      { addressId: '3', address: 'colleague@customer.test', state: 'accepted' },
      { addressId: '6', address: 'proposed@customer.test', state: 'proposed' },
      { addressId: '7', address: 'removed@customer.test', state: 'removed' },
    ],
  };
  const proposed: KnownSender = { ...stranger, addressId: '6' };
  const removed: KnownSender = { ...stranger, addressId: '7' };
  const silent = (differs: Partial<JudgedSender> = {}) => ({ ...sender(false), silent: true, ...differs });
  const sender = (authenticated: boolean): JudgedSender => ({
    address: 'whoever@is.test',
    name: '',
    authenticated,
    method: authenticated ? 'results' : null,
    silent: false,
    consistent: true,
    reasons: [],
  });
  const tokenOf = (addressId: string): ThreadProof => ({
    strength: 'token',
    place: 'token 1',
    purpose: 'reply',
    heldByAddressId: addressId,
  });
  const id = (strength: ThreadProof['strength'], heldByAddressId: string | null = null): ThreadProof => ({
    strength,
    place: 'in-reply-to',
    purpose: null,
    heldByAddressId,
  });

  test.each<[string, KnownSender | null, boolean, ThreadProof, SenderRight['right']]>([
    ['the requester with her own token joins', karen, false, tokenOf('1'), 'join'],
    ['with the token given to another address of hers', karen, false, tokenOf('2'), 'join'],
    ['with the id of a mail that went to her alone', karen, false, id('signed-id', '1'), 'join'],
    ['authenticated, with an id all recipients have', karen, true, id('signed-id'), 'join'],
    ['authenticated, with the id of an earlier mail', karen, true, id('stored-id'), 'join'],
    ['unauthenticated, with an id all recipients have: marked', karen, false, id('signed-id'), 'join-unverified'],
    ['unauthenticated, with the id of an earlier mail: marked', karen, false, id('stored-id'), 'join-unverified'],
    ["with a collaborator's token, unauthenticated: marked", karen, false, tokenOf('3'), 'join-unverified'],
    ["with a collaborator's token, authenticated", karen, true, tokenOf('3'), 'join'],
    ['with a number, authenticated', karen, true, id('number'), 'join'],
    ['with a number alone does not join (TH-01)', karen, false, id('number'), 'none'],
    ['with a Thread-Index alone does not join', karen, false, id('thread-index'), 'none'],
    ['with a Thread-Index, authenticated', karen, true, id('thread-index'), 'join'],
    ['an accepted collaborator with their own token joins', colleague, false, tokenOf('3'), 'join'],
    ["with the requester's token has their own rights, marked", colleague, false, tokenOf('1'), 'join-unverified'],
    ['a stranger with a valid token is held (TH-04, case 32)', stranger, false, tokenOf('1'), 'held'],
    ['even when authenticated (TH-05)', stranger, true, tokenOf('1'), 'held'],
    ['and when never seen before', null, false, tokenOf('1'), 'held'],
    ['and with our signed id from a forward (TH-05)', null, true, id('signed-id'), 'held'],
    [
      'a stranger with the id of an earlier mail does not belong there (TH-02)',
      stranger,
      true,
      id('stored-id'),
      'none',
    ],
    ['a stranger with a guessed number neither (case 29)', stranger, true, id('number'), 'none'],
    ['a proposed collaborator is held (TH-06)', proposed, true, tokenOf('6'), 'held'],
    ['a proposed collaborator answering an earlier mail is held', proposed, true, id('stored-id'), 'held'],
    ['a removed collaborator is held, even with their old token', removed, true, tokenOf('7'), 'held'],
    ['an agent, authenticated, with their own token has power (AG-02)', john, true, tokenOf('5'), 'agent'],
    ['an agent without authentication has none (AG-01)', john, false, tokenOf('5'), 'held'],
    ["an agent with another agent's token has none", john, true, tokenOf('8'), 'held'],
    ["an agent with the requester's token has none", john, true, tokenOf('1'), 'held'],
    ['an agent with an id only has none', john, true, id('signed-id'), 'held'],
    ['an agent with a return-path token has none', john, true, { ...tokenOf('5'), purpose: 'bounce' }, 'held'],
    [
      'a disabled agent has none (AG-06, case 80)',
      { ...john, agent: { role: 'agent', disabled: true } },
      true,
      tokenOf('5'),
      'held',
    ],
    ["an agent's own request is theirs as a requester", { ...john, personId: '10' }, true, id('stored-id'), 'join'],
  ])('%s', (_, known, authenticated, proof, right) => {
    expect(decideSenderRight(sender(authenticated), known, ticket, proof).right).toBe(right);
  });

  test.each<[string, JudgedSender, KnownSender, ThreadProof, SenderRight['right']]>([
    ['an agent with their own token is asked', silent(), john, tokenOf('5'), 'to-confirm'],
    ['not when something speaks against them', sender(false), john, tokenOf('5'), 'held'],
    ['not when Reply-To leads elsewhere', silent({ consistent: false }), john, tokenOf('5'), 'held'],
    ["not with another agent's token", silent(), john, tokenOf('8'), 'held'],
    ['not with an id only', silent(), john, id('signed-id', '5'), 'held'],
    ['not with a return-path token', silent(), john, { ...tokenOf('5'), purpose: 'bounce' }, 'held'],
    ['not when disabled', silent(), { ...john, agent: { role: 'agent', disabled: true } }, tokenOf('5'), 'held'],
    ['a requester joins with their own token, unasked', silent(), karen, tokenOf('1'), 'join'],
  ])('where nobody says for or against the sender, %s', (_, judged, known, proof, right) => {
    expect(decideSenderRight(judged, known, ticket, proof).right).toBe(right);
  });

  test('an agent mail whose From, Sender and Reply-To differ has no power (AG-03)', () => {
    const torn = { ...sender(true), consistent: false };
    expect(decideSenderRight(torn, john, ticket, tokenOf('5'))).toEqual({ right: 'held', reason: 'agent-unproven' });
  });
});
