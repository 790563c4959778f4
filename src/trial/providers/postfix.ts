import type { Arrival, ProviderProfile } from '../provider.ts';
import { headerDate, headerText, soleRecipient } from './header-text.ts';

export const POSTFIX_HOST = 'mx.desk.test';

/**
 * Postfix 3 as Debian sets it up, without a filter: it judges nobody and takes nothing away. Only its Received tells who
 * logged in, by `ESMTPSA` (RFC 3848) and, with `smtpd_sasl_authenticated_header = yes`, by name.
 */
export const postfix: ProviderProfile = {
  host: POSTFIX_HOST,
  authentication: [{ receivedBy: POSTFIX_HOST, with: 'ESMTPSA' }],
  sendsOnlyAsOneself: false,
  isForged: () => false,
  headerOf: postfixReceived,
};

/** The trace field of Postfix, over a connection with TLS. */
export function postfixReceived(arrival: Arrival): string {
  const { isSubmission, authenticatedUser, clientName, clientAddress, queueId, recipients, receivedAt } = arrival;
  const recipient = soleRecipient(recipients);
  const date = `${headerDate(receivedAt)} (UTC)`;
  const end = recipient === null ? `; ${date}` : `\r\n\tfor <${recipient}>; ${date}`;
  return headerText(
    `Received: from ${clientName} (unknown [${clientAddress}])`,
    '\t(using TLSv1.3 with cipher TLS_AES_256_GCM_SHA384 (256/256 bits)',
    '\t key-exchange X25519 server-signature ECDSA (prime256v1) server-digest SHA256)',
    '\t(No client certificate requested)',
    isSubmission ? `\t(Authenticated sender: ${authenticatedUser})` : null,
    `\tby ${POSTFIX_HOST} (Postfix) with ${isSubmission ? 'ESMTPSA' : 'ESMTPS'} id ${queueId}${end}`,
  );
}
