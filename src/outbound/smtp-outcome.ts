import { PermanentError, TemporaryError } from '../errors.ts';
import type { Attempt } from './smtp.ts';

/** What nodemailer reports, as far as we read it. */
export interface SmtpFailure extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  command?: string | undefined;
  response?: string | undefined;
  responseCode?: number | undefined;
}

/** The relay could not be reached, or did not let us in: nothing that a mail is to blame for. */
export class RelayUnavailable extends TemporaryError {
  readonly answer: string | null;

  constructor(code: string, answer: string | null, cause?: unknown) {
    super(code, 'the relay cannot be used now', { cause });
    this.answer = answer;
  }
}

/** How the opening of a connection failed: by nodemailer's words, or by the code of an error of our own. */
export function relayUnavailable(error: unknown): RelayUnavailable {
  if (error instanceof RelayUnavailable) return error;
  if (error instanceof TemporaryError || error instanceof PermanentError)
    return new RelayUnavailable(error.code, null, error);
  const failure: SmtpFailure = error instanceof Error ? error : new Error(String(error));
  return new RelayUnavailable(connectionCode(failure), failure.response ?? null, failure);
}

/**
 * What a failed attempt means for the mail. `handedOver` says whether a first byte of it may have left: nodemailer's own
 * error is the same for a connection cut before DATA and after the final dot (OUT-03).
 */
export function classifyFailure(failure: SmtpFailure, handedOver: boolean): Attempt {
  return handedOver ? afterFirstByte(failure) : beforeFirstByte(failure);
}

function beforeFirstByte(failure: SmtpFailure): Attempt {
  const answer = failure.response ?? null;
  // 421 says that the connection ends, whichever command it stands after.
  if (failure.code === 'EENVELOPE' && answer !== null && !answer.startsWith('421')) {
    // About our login, not about this mail: another try after the operator's fix will do.
    if (/^53[0458]/.test(answer)) return notSent('deferred', answer, 'RELAY_WANTS_LOGIN');
    return notSent(permanence(failure), answer, ENVELOPE_CODES[failure.command ?? ''] ?? 'ENVELOPE_REFUSED');
  }
  if (failure.code === 'EMESSAGE' && failure.command === 'MAIL FROM')
    return notSent('rejected', null, 'MAIL_TOO_LARGE');
  return notSent('deferred', answer, connectionCode(failure));
}

function afterFirstByte(failure: SmtpFailure): Attempt {
  const answer = failure.response ?? null;
  // Only a complete answer to the dot is final; of one cut in the middle nodemailer says the command was CONN.
  if (failure.code === 'EMESSAGE' && failure.command === 'DATA' && answer !== null)
    return { outcome: permanence(failure), phase: 'data', answer, errorCode: 'MAIL_REFUSED', relayMessageId: null };
  return mayHaveArrived(answer, failure.code === 'ETIMEDOUT' ? 'ANSWER_MISSING' : 'CUT_IN_DATA');
}

/** An attempt that ended before any byte of the mail left. */
export function notSent(outcome: 'deferred' | 'rejected', answer: string | null, errorCode: string): Attempt {
  return { outcome, phase: 'connecting', answer, errorCode, relayMessageId: null };
}

/** An attempt of which nobody knows how it ended. */
export function mayHaveArrived(answer: string | null, errorCode: string): Attempt {
  return { outcome: 'unknown', phase: 'data', answer, errorCode, relayMessageId: null };
}

/** The relay took it; `relayMessageId` with or without brackets, where it gave the mail an id of its own. */
export function delivered(answer: string, relayMessageId: string | undefined): Attempt {
  const id = relayMessageId?.replace(/^<|>$/g, '') ?? null;
  return { outcome: 'delivered', phase: 'data', answer, errorCode: null, relayMessageId: id };
}

function permanence(failure: SmtpFailure): 'deferred' | 'rejected' {
  return (failure.responseCode ?? 0) >= 500 ? 'rejected' : 'deferred';
}

const ENVELOPE_CODES: Record<string, string> = {
  'MAIL FROM': 'SENDER_REFUSED',
  'RCPT TO': 'RECIPIENT_REFUSED',
  DATA: 'DATA_REFUSED',
};

function connectionCode(failure: SmtpFailure): string {
  const detail = `${failure.originalCode ?? ''} ${failure.message}`;
  if (failure.code === 'EAUTH') return 'RELAY_REFUSED_LOGIN';
  if (failure.code === 'ETLS' || /CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO\b|UNABLE_TO_/.test(detail))
    return 'RELAY_TLS_FAILED';
  if (failure.code === 'EDNS') return 'RELAY_UNKNOWN_HOST';
  if (failure.response !== undefined) return 'RELAY_REFUSED';
  if (failure.code === 'ETIMEDOUT') return 'RELAY_SLOW';
  return /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/.test(detail) ? 'RELAY_UNREACHABLE' : 'RELAY_CLOSED';
}
