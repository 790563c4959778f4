import type { Clock } from '../../clock.ts';
import { isLoopbackHost } from '../../core/loopback.ts';
import { ConfigurationError, errorCode, PermanentError, TemporaryError } from '../../errors.ts';
import type { ImapLogin, Secret } from './imap-settings.ts';

/** Access tokens for a login, got with a refresh token (RFC 6749 §6) and kept until they expire. */
export interface TokenSource {
  /** Throws `OAUTH_REFUSED` when the grant is refused, `OAUTH_UNAVAILABLE` when the endpoint cannot answer now. */
  accessToken(): Promise<string>;
  /** The mail server refused the token: the next call gets a fresh one, whatever its expiry says. */
  invalidate(): void;
}

/** So much earlier than its expiry a token is renewed: it has to last through the login. */
const EXPIRY_MARGIN_MS = 60_000;
/** RFC 6749 §5.1 only recommends `expires_in`; without it a token is used for this long. */
const UNSTATED_LIFETIME_S = 300;
const ANSWER_TIMEOUT_MS = 15_000;
const ANSWER_BYTES_MAX = 64 * 1024;

export function createTokenSource(login: Extract<ImapLogin, { kind: 'oauth2' }>, clock: Clock): TokenSource {
  let token: { text: string; expiresAtMs: number } | null = null;
  // The endpoint may replace the refresh token with each use; the replacement lives as long as this process.
  let rotatedRefreshToken: string | null = null;

  return {
    async accessToken() {
      if (token && clock.now().getTime() < token.expiresAtMs - EXPIRY_MARGIN_MS) return token.text;
      const grant = await requestGrant(login, rotatedRefreshToken ?? (await login.refreshToken()));
      rotatedRefreshToken = grant.refreshToken ?? rotatedRefreshToken;
      token = { text: grant.accessToken, expiresAtMs: clock.now().getTime() + grant.lifetimeS * 1000 };
      return token.text;
    },
    invalidate() {
      token = null;
    },
  };
}

interface Grant {
  accessToken: string;
  refreshToken: string | null;
  lifetimeS: number;
}

interface GrantRequest {
  tokenUrl: string;
  clientId: string;
  clientSecret: Secret | null;
  scope: string | null;
}

async function requestGrant(request: GrantRequest, refreshToken: string): Promise<Grant> {
  assertEndpointProtected(request.tokenUrl);
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    client_id: request.clientId,
  });
  if (request.clientSecret) form.set('client_secret', await request.clientSecret());
  if (request.scope !== null) form.set('scope', request.scope);

  const answer = await post(request.tokenUrl, form);
  const body = readAnswer(answer.text);
  if (answer.status === 429 || answer.status >= 500) throw unavailable(`status ${answer.status}`);
  if (answer.status !== 200) throw refused(answer.status, body.error);
  if (typeof body.access_token !== 'string' || body.access_token === '') throw unavailable('no access token in it');
  return {
    accessToken: body.access_token,
    refreshToken: typeof body.refresh_token === 'string' && body.refresh_token !== '' ? body.refresh_token : null,
    lifetimeS: Number(body.expires_in) > 0 ? Number(body.expires_in) : UNSTATED_LIFETIME_S,
  };
}

function assertEndpointProtected(tokenUrl: string): void {
  const url = URL.parse(tokenUrl);
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopbackHost(url.hostname))) return;
  throw new ConfigurationError('OAUTH_UNPROTECTED', 'The OAuth token URL must be https, so that secrets stay secret.');
}

async function post(url: string, form: URLSearchParams): Promise<{ status: number; text: string }> {
  try {
    // A redirect would carry the secrets to wherever it points.
    const response = await fetch(url, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
    });
    return { status: response.status, text: await readBounded(response) };
  } catch (error) {
    throw new TemporaryError('OAUTH_UNAVAILABLE', `The OAuth token endpoint did not answer (${errorCode(error)}).`);
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > ANSWER_BYTES_MAX) throw new Error('answer too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

interface AnswerFields {
  access_token?: unknown;
  refresh_token?: unknown;
  expires_in?: unknown;
  error?: unknown;
}

function readAnswer(text: string): AnswerFields {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

function unavailable(detail: string): TemporaryError {
  return new TemporaryError('OAUTH_UNAVAILABLE', `The OAuth token endpoint's answer cannot be used: ${detail}.`);
}

/** Names only the registered error word (RFC 6749 §5.2); descriptions may repeat what was sent. */
function refused(status: number, error: unknown): PermanentError {
  const word = typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : 'no reason';
  return new PermanentError('OAUTH_REFUSED', `The OAuth token endpoint refused the grant: ${status}, ${word}.`);
}
