import { createHash, timingSafeEqual } from 'node:crypto';

/** What we look at to tell who asks; `remoteAddress` is missing once the socket is gone. */
export interface Asking {
  remoteAddress: string | undefined;
  header(name: string): string | undefined;
}

/**
 * May this request see the inside of the installation: numbers, reasons, names of mailboxes? Requests from this very
 * machine may, and those that carry the token.
 *
 * A proxy on this machine makes every request in the world look local, so whatever was forwarded needs the token.
 */
export function isInsider(asking: Asking, token: string | null): boolean {
  if (token !== null && hasToken(asking, token)) return true;
  return isLoopback(asking.remoteAddress) && FORWARDED.every((name) => asking.header(name) === undefined);
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'];

/** Hashed first, so that the comparison takes the same time for any length. */
function hasToken(asking: Asking, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(asking.header('authorization') ?? '')?.[1];
  return given !== undefined && timingSafeEqual(sha256(given), sha256(token));
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** 127.0.0.0/8 and ::1, also as an IPv4 address in IPv6 (RFC 4291 §2.5.5.2), which a dual-stack socket shows. */
function isLoopback(address: string | undefined): boolean {
  return address !== undefined && /^(::ffff:)?127\.\d+\.\d+\.\d+$|^::1$/i.test(address);
}
