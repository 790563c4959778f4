import { describe, expect, test } from 'vitest';
import { ABSENCE_PHRASES } from '../../src/core/absence-phrases.ts';
import { autoReplyEvidence } from '../../src/core/auto-reply.ts';
import { parseMail } from '../../src/ingest/parse-mail.ts';
import { buildMail } from '../support/mail-builder.ts';

async function rules(content: Parameters<typeof buildMail>[0]): Promise<string[]> {
  return autoReplyEvidence(await parseMail(buildMail(content))).map(({ rule }) => rule);
}

describe('an absence note without any header of a machine', () => {
  test.for(ABSENCE_PHRASES)('$language: $sample.subject', async ({ sample }) => {
    expect(await rules({ subject: sample.subject, text: `${sample.body}\n` })).toEqual(['subject-prefix', 'body']);
  });

  test.for(ABSENCE_PHRASES)('$language: neither half alone is enough', async ({ sample }) => {
    expect(await rules({ subject: sample.subject })).toEqual([]);
    expect(await rules({ text: `${sample.body}\n` })).toEqual([]);
  });

  test('at least 20 languages are known', () => {
    expect(new Set(ABSENCE_PHRASES.map(({ language }) => language)).size).toBeGreaterThanOrEqual(20);
  });
});

describe('a person who writes about one', () => {
  test.for<[string, Parameters<typeof buildMail>[0]]>([
    ['answers it', { subject: 'Re: Automatic reply: Invoice', text: 'I am out of the office as well.\n' }],
    [
      'asks about it',
      { subject: 'Automatic reply: not sent', text: 'I wrote: I am out of the office. Why is it not sent?\n' },
    ],
    [
      'tells of an absence',
      { subject: 'Vacation', text: 'I am on vacation until Monday, please wait with the change.\n' },
    ],
    [
      'quotes it',
      { subject: 'Out of office: help', text: 'Please stop these.\n\n> I am out of the office until Monday.\n' },
    ],
  ])('%s', async ([, content]) => {
    expect(await rules(content)).toEqual([]);
  });
});

describe('marks in the header add up with words', () => {
  const text = 'I am out of the office until Monday.\n';
  test.for<[string, Parameters<typeof buildMail>[0], string[]]>([
    ['nobody as return path', { headers: { 'Return-Path': '<>' }, text }, ['body', 'null-return-path']],
    [
      'bulk that asks for silence',
      { headers: { Precedence: 'bulk', 'X-Auto-Response-Suppress': 'All' }, text },
      ['body', 'precedence', 'x-auto-response-suppress'],
    ],
    [
      'Exchange',
      { subject: 'Automatic reply: Invoice', headers: { 'X-Auto-Response-Suppress': 'All' } },
      ['subject-prefix', 'x-auto-response-suppress'],
    ],
    [
      'a prefix in brackets',
      { subject: '[Automatyczna odpowiedź] test', headers: { Precedence: 'junk' } },
      ['precedence', 'subject-prefix'],
    ],
    [
      'a promise to answer later',
      {
        headers: { 'Return-Path': '<>' },
        text: 'Thank you for your e-mail. I will endeavour to reply as soon as possible.\n',
      },
      ['body', 'null-return-path'],
    ],
    ['but marks without words do not', { headers: { 'Return-Path': '<>', Precedence: 'bulk' } }, []],
  ])('%s', async ([, content, expected]) => {
    expect((await rules(content)).sort()).toEqual(expected);
  });
});
