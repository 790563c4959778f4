import type { Arrival, ProviderProfile } from '../provider.ts';
import { headerDate, headerText } from './header-text.ts';

const FRONT_END = 'DB5EUR02FT011.mail.protection.outlook.com';
const HUB = 'FR0P281MB2649.DEUP281.PROD.OUTLOOK.COM';
const MAILBOX_SERVER = 'BEZP281MB2374.DEUP281.PROD.OUTLOOK.COM';
/** Fields that say what Exchange Online found; its header firewall takes them away from outside mail. */
const ORGANISATION = 'x-ms-exchange-organization-';

/**
 * Microsoft 365 (Exchange Online). Its Authentication-Results names no speaker, so nobody can tell a forged one from a true one.
 * What proves a colleague is `X-MS-Exchange-Organization-AuthAs: Internal`.
 */
export const microsoft365: ProviderProfile = {
  host: FRONT_END,
  authentication: [{ header: 'X-MS-Exchange-Organization-AuthAs', is: 'Internal' }],
  sendsOnlyAsOneself: true,
  isForged: ({ name }) => name.startsWith(ORGANISATION),
  headerOf: (arrival) => handOver(arrival) + (arrival.isSubmission ? fromColleague(arrival) : fromOutside(arrival)),
};

function handOver({ receivedAt }: Arrival): string {
  return headerText(
    `Received: from ${HUB} (2603:10a6:d10:50::12)`,
    ` by ${MAILBOX_SERVER} with HTTPS; ${headerDate(receivedAt)}`,
  );
}

function fromColleague({ dmarc, queueId, receivedAt }: Arrival): string {
  return headerText(
    `Received: from ${MAILBOX_SERVER} (2603:10a6:b10:41::9)`,
    ` by ${HUB} (2603:10a6:d10:50::12) with Microsoft SMTP Server (version=TLS1_2,`,
    ' cipher=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384) id 15.20.8999.12; ',
    ` ${headerDate(receivedAt)}`,
    'Authentication-Results: dkim=none (message not signed)',
    ` header.d=none;dmarc=none action=none header.from=${dmarc.domain};`,
    ...organisation('Internal', MAILBOX_SERVER, 'Originating', queueId),
    'X-MS-Exchange-Organization-SCL: -1',
  );
}

function fromOutside({ dmarc, spf, clientName, clientAddress, queueId, receivedAt }: Arrival): string {
  const signed = dmarc.result === 'pass' ? 'pass (signature was verified)' : 'none (message not signed)';
  const signer = dmarc.result === 'pass' ? dmarc.domain : 'none';
  const action = dmarc.result === 'fail' ? 'oreject' : 'none';
  const overall = { pass: 'pass reason=100', fail: 'fail reason=000', none: 'none reason=405' }[dmarc.result];
  const designates = spf.result === 'pass' ? 'designates' : 'does not designate';
  return headerText(
    `Authentication-Results: spf=${spf.result} (sender IP is ${clientAddress})`,
    ` smtp.${spf.domain === clientName ? 'helo' : 'mailfrom'}=${spf.domain}; dkim=${signed}`,
    ` header.d=${signer};dmarc=${dmarc.result} action=${action}`,
    ` header.from=${dmarc.domain ?? 'none'};compauth=${overall}`,
    `Received-SPF: ${spf.result === 'pass' ? 'Pass' : 'None'} (protection.outlook.com: ${spf.domain} ${designates}`,
    ` ${clientAddress} as permitted sender) receiver=protection.outlook.com;`,
    ` client-ip=${clientAddress}; helo=${clientName}; pr=C`,
    `Received: from ${clientName} (${clientAddress}) by`,
    ` ${FRONT_END} (10.13.58.70) with Microsoft SMTP`,
    ' Server (version=TLS1_3, cipher=TLS_AES_256_GCM_SHA384) id 15.20.8999.12 via',
    ` Frontend Transport; ${headerDate(receivedAt)}`,
    ...organisation('Anonymous', FRONT_END, 'Incoming', queueId),
    `X-Forefront-Antispam-Report: CIP:${clientAddress};CTRY:;LANG:en;SCL:1;SRV:;IPV:NLI;SFV:NSPM;H:${clientName};CAT:NONE;DIR:INB;`,
  );
}

function organisation(authAs: 'Internal' | 'Anonymous', source: string, direction: string, queueId: string): string[] {
  return [
    `X-MS-Exchange-Organization-AuthAs: ${authAs}`,
    ...(authAs === 'Internal' ? ['X-MS-Exchange-Organization-AuthMechanism: 04'] : []),
    `X-MS-Exchange-Organization-AuthSource: ${source}`,
    `X-MS-Exchange-Organization-MessageDirectionality: ${direction}`,
    `X-MS-Exchange-Organization-Network-Message-Id: ${queueId}-4efe-897e-08daf86cbfae`,
  ];
}
