import type { DeskMailbox } from '../core/desk-config.ts';
import { errorMessage } from '../errors.ts';
import { imapMailboxSettings } from '../ingest/sources/mailbox-settings.ts';
import { testMailbox } from '../ingest/sources/test-mailbox.ts';
import { SmtpSession } from '../outbound/smtp-session.ts';
import { relaySettings } from '../workers/relays.ts';
import type { CliContext } from './context.ts';

export interface MailServerStep {
  server: 'imap' | 'smtp';
  step: string;
  outcome: 'ok' | 'warning' | 'failed';
  detail: string;
  hint: string | null;
}

/** Tries both servers of a mailbox as serving would use them. Sends nothing and changes nothing. */
export async function testMailServers(mailbox: DeskMailbox, context: CliContext): Promise<MailServerStep[]> {
  return [...(await testImap(mailbox, context)), await testSmtp(mailbox, context)];
}

export async function testImap(mailbox: DeskMailbox, { readSecret, clock }: CliContext): Promise<MailServerStep[]> {
  try {
    const settings = imapMailboxSettings(mailbox, readSecret);
    const { steps } = await testMailbox(settings, clock);
    return steps.map((step) => ({ server: 'imap', ...step }));
  } catch (error) {
    const hint = 'Check the secret and certificate files that docket.yaml names for imap.';
    return [{ server: 'imap', step: 'settings', outcome: 'failed', detail: errorMessage(error), hint }];
  }
}

export async function testSmtp(mailbox: DeskMailbox, { readSecret, clock }: CliContext): Promise<MailServerStep> {
  const { host, port, login } = mailbox.smtp;
  const step = { server: 'smtp', step: 'login' } as const;
  try {
    const session = new SmtpSession(relaySettings(mailbox, readSecret, clock));
    try {
      await session.open();
    } finally {
      session.quit();
    }
    const as = login === null ? 'without a login, as configured' : `logged in as ${login.user}`;
    return { ...step, outcome: 'ok', detail: `${host}:${port} takes our mail, ${as}.`, hint: null };
  } catch (error) {
    const hint = `Check smtp.host, smtp.port (${port}), smtp.tls and the login; many providers want an app password.`;
    return { ...step, outcome: 'failed', detail: relayWords(error), hint };
  }
}

/** What the relay itself said, where it spoke. */
function relayWords(error: unknown): string {
  const answer = error instanceof Error && 'answer' in error ? error.answer : null;
  return typeof answer === 'string' && answer !== '' ? answer : errorMessage(error);
}
