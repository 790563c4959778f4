/**
 * Does this host name or address stay on this machine? The one rule behind "no credential over an unprotected line": in
 * 127.0.0.0/8 (RFC 1122 §3.2.1.3) and at ::1 (RFC 4291 §2.5.3) nobody listens in, and localhost means these (RFC 6761 §6.3).
 * Brackets as in a URL are allowed.
 */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.(\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}|::1|\[::1\])$/i.test(host);
}
