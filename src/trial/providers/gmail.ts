import { createHash } from 'node:crypto';
import type { Arrival, ProviderProfile } from '../provider.ts';
import { headerDate, headerText, namesSpeaker, soleRecipient } from './header-text.ts';

const HOST = 'mx.google.com';

/**
 * Gmail and Google Workspace: every mail is judged, that of colleagues too, in one Authentication-Results with comments, which an
 * ARC set of Google's repeats. A domain without a DMARC policy gets no dmarc result.
 */
export const gmail: ProviderProfile = {
  host: HOST,
  authentication: [{ results: HOST }],
  // Gmail puts the address of whoever logged in into From; the relay, which changes nobody's words, refuses the mail.
  sendsOnlyAsOneself: true,
  isForged: ({ name, value }) =>
    name.startsWith('x-google-') ||
    name === 'x-received' ||
    (name === 'authentication-results' && namesSpeaker(value, HOST)),
  headerOf,
};

function headerOf(arrival: Arrival): string {
  const { clientName, clientAddress, recipients, queueId, receivedAt } = arrival;
  const seconds = Math.floor(receivedAt.getTime() / 1000);
  const date = headerDate(receivedAt);
  const results = resultsOf(arrival);
  const recipient = soleRecipient(recipients);
  return headerText(
    `Received: by 2002:a05:6402:3595:b0:5c9:59e6:e985 with SMTP id ${queueId}csp${seconds}edc;`,
    `        ${date}`,
    `X-Google-Smtp-Source: AGHT+${filler(queueId, 'source', 52)}`,
    `X-Received: by 2002:a17:907:7f94:b0:a99:5234:c56c with SMTP id ${queueId}mr${seconds}ejc.57.${seconds};`,
    `        ${date}`,
    `ARC-Seal: i=1; a=rsa-sha256; t=${seconds}; cv=none;`,
    '        d=google.com; s=arc-20240605;',
    `        b=${filler(queueId, 'seal', 88)}`,
    'ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=google.com; s=arc-20240605;',
    '        h=to:subject:message-id:date:from:mime-version;',
    `        bh=${filler(queueId, 'body', 43)}=;`,
    `        b=${filler(queueId, 'message', 88)};`,
    '        dara=google.com',
    `ARC-Authentication-Results: i=1; ${HOST};`,
    ...results,
    `Received: from ${clientName} (${clientName}. [${clientAddress}])`,
    `        by ${HOST} with ESMTPS id ${queueId}sor${seconds}ejb.8`,
    recipient === null ? null : `        for <${recipient}>`,
    '        (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);',
    `        ${date}`,
    `Received-SPF: ${arrival.spf.result} ${spfComment(arrival)} client-ip=${clientAddress};`,
    `Authentication-Results: ${HOST};`,
    ...results,
  );
}

function resultsOf(arrival: Arrival): string[] {
  const { dmarc, spf, queueId, envelopeFrom } = arrival;
  const results: string[] = [];
  if (dmarc.result === 'pass')
    results.push(`dkim=pass header.i=@${dmarc.domain} header.s=s1 header.b=${filler(queueId, 'signature', 8)}`);
  results.push(`spf=${spf.result} ${spfComment(arrival)} smtp.mailfrom=${envelopeFrom || spf.domain}`);
  if (dmarc.result === 'pass') results.push(`dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=${dmarc.domain}`);
  if (dmarc.result === 'fail') results.push(`dmarc=fail (p=NONE sp=NONE dis=NONE) header.from=${dmarc.domain}`);
  return results.map((result, index) => `       ${result}${index === results.length - 1 ? '' : ';'}`);
}

function spfComment({ spf, envelopeFrom, clientAddress }: Arrival): string {
  const sender = envelopeFrom || `postmaster@${spf.domain}`;
  return spf.result === 'pass'
    ? `(google.com: domain of ${sender} designates ${clientAddress} as permitted sender)`
    : `(google.com: ${sender} does not designate permitted sender hosts)`;
}

/** Letters as of a signature, the same for one mail. */
function filler(queueId: string, what: string, length: number): string {
  const letters = createHash('sha512').update(`${queueId} ${what}`).digest('base64');
  return letters.repeat(2).replaceAll('=', '').slice(0, length);
}
