import { describe, expect, test } from 'vitest';
import {
  type AskedConfirmation,
  type ConfirmationAnswer,
  decideConfirmation,
  mayAsk,
} from '../../src/core/confirmation.ts';
import type { JudgedSender, KnownSender } from '../../src/core/identity.ts';
import { inboundMail } from '../support/inbound-mail.ts';

const JOHN: KnownSender = {
  addressId: '5',
  personId: '50',
  personAddressIds: ['5'],
  agent: { role: 'agent', disabled: false },
};
const ASKED: AskedConfirmation = {
  inboundMailId: '7',
  ticketId: '1',
  personId: '50',
  outcome: null,
  isExpired: false,
  isTold: false,
};
const SILENT: JudgedSender = {
  address: 'john@desk.test',
  name: 'John',
  authenticated: false,
  method: null,
  silent: true,
  consistent: true,
  reasons: [],
};

interface Case {
  text?: string;
  sender?: Partial<JudgedSender>;
  known?: KnownSender | null;
  asked?: Partial<AskedConfirmation>;
}

function answer({ text = '', sender = {}, known = JOHN, asked = {} }: Case): ConfirmationAnswer | null {
  const mail = inboundMail({ text, spans: [{ kind: 'reply', from: 0, to: text.length }] });
  return decideConfirmation(mail, { ...SILENT, ...sender }, known, { ...ASKED, ...asked });
}

test.each<[string, Case, ConfirmationAnswer | null]>([
  ['of the agent who was asked confirms, though nobody vouches for it either', {}, 'confirmed'],
  ['that is vouched for confirms', { sender: { authenticated: true, silent: false } }, 'confirmed'],
  ['that something speaks against is not his', { sender: { silent: false } }, 'unproven'],
  ['that wants the answer elsewhere is not his', { sender: { consistent: false } }, 'unproven'],
  ['of another agent is not his', { known: { ...JOHN, personId: '60' } }, 'unproven'],
  [
    'of an agent who has left counts no more',
    { known: { ...JOHN, agent: { role: 'agent', disabled: true } } },
    'unproven',
  ],
  ['of a requester is no answer', { known: { ...JOHN, agent: null } }, null],
  ['of a stranger is no answer', { known: null }, null],
  ['after 15 minutes comes too late', { asked: { isExpired: true } }, 'late'],
  ['after another changes nothing', { asked: { outcome: 'confirmed' } }, 'settled'],
  ['after a no neither', { asked: { outcome: 'denied', isExpired: true } }, 'settled'],
])('an answer %s', (_rule, one, expected) => {
  expect(answer(one)).toBe(expected);
});

describe('what is written in the answer', () => {
  test.each([
    '',
    'Yes',
    'Ja, die ist von mir',
    'OK',
    'That one is mine.\nNo hurry.',
    'Nobody else',
    'Confirmed. Notes follow.',
  ])('confirms: %j', (text) => {
    expect(answer({ text })).toBe('confirmed');
  });

  test.each([
    'No',
    '\n  no, not me!',
    'NEIN',
    'Das war ich nicht.',
    'I didn\u2019t write this',
    "That wasn't me",
    'Stop!',
    'This is spam',
    'gef\u00e4lscht',
  ])('denies: %j', (text) => {
    expect(answer({ text })).toBe('denied');
  });
});

test.each([
  [0, 0, true],
  [2, 9, true],
  [3, 3, false],
  [0, 10, false],
])('after %i questions on the ticket and %i in all without a yes, another is asked: %s', (onTicket, inAll, may) => {
  expect(mayAsk({ onTicket, inAll })).toBe(may);
});
