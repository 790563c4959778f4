import type { Arrival, ProviderProfile } from '../provider.ts';
import { headerText, namesSpeaker } from './header-text.ts';
import { POSTFIX_HOST, postfixReceived } from './postfix.ts';

/**
 * Postfix with OpenDKIM 2.11 and OpenDMARC 1.4. Each filter writes its fields above the mail as the one before left it: a field
 * for DKIM, above it one for SPF, above that one for DMARC, all of one authserv-id. Fields of that name which came with the mail
 * are taken away. Who logged in is not judged (`IgnoreAuthenticatedClients true`: their own network would fail SPF).
 */
export const opendmarc: ProviderProfile = {
  host: POSTFIX_HOST,
  authentication: [{ results: POSTFIX_HOST }, { receivedBy: POSTFIX_HOST, with: 'ESMTPSA' }],
  sendsOnlyAsOneself: false,
  isForged: ({ name, value }) => name === 'authentication-results' && namesSpeaker(value, POSTFIX_HOST),
  headerOf: (arrival) => (arrival.isSubmission ? '' : verdicts(arrival)) + postfixReceived(arrival),
};

function verdicts({ dmarc, spf, envelopeFrom, queueId }: Arrival): string {
  const policy = dmarc.result === 'none' ? 'none' : 'reject';
  const disposition = dmarc.result === 'fail' ? 'reject' : 'none';
  return headerText(
    `DMARC-Filter: OpenDMARC Filter v1.4.2 ${POSTFIX_HOST} ${queueId}`,
    `Authentication-Results: ${POSTFIX_HOST}; dmarc=${dmarc.result} (p=${policy} dis=${disposition})${dmarc.domain === null ? '' : ` header.from=${dmarc.domain}`}`,
    `Authentication-Results: ${POSTFIX_HOST}; spf=${spf.result} smtp.${envelopeFrom === '' ? 'helo' : 'mailfrom'}=${spf.domain}`,
    `DKIM-Filter: OpenDKIM Filter v2.11.0 ${POSTFIX_HOST} ${queueId}`,
    `Authentication-Results: ${POSTFIX_HOST};`,
    dmarc.result === 'pass'
      ? `\tdkim=pass (2048-bit key; unprotected) header.d=${dmarc.domain} header.i=@${dmarc.domain} header.a=rsa-sha256 header.s=s1 header.b=${queueId.slice(0, 8)}`
      : '\tdkim=none',
  );
}
