/** A recipient as one line of a report names it. */
export interface NamedRecipient {
  address: string;
  /** The line's index in the report. */
  line: number;
  rule: string;
  /** As in the table: 3 is sure. */
  strength: number;
}

/**
 * Whom a free-text report is about. Every line is held against the table below; of what is found only the strongest kind counts, so that
 * a transcript's addresses matter only where no line names the failed ones.
 */
export function namedRecipients(lines: readonly string[], reporterDomain: string | null): NamedRecipient[] {
  let strongest: NamedRecipient[] = [];
  let strength = 0;
  let introduced = false;
  for (const [at, line] of lines.entries()) {
    if (HELP.test(line)) continue;
    const found = matchLine(line, introduced, lines[at - 1] ?? '') ?? localName(line, introduced, reporterDomain);
    if (INTRODUCTION.test(line)) introduced = true;
    if (found === null || found.strength < strength) continue;
    if (found.strength > strength) strongest = [];
    strength = found.strength;
    strongest.push({ ...found, line: at });
  }
  return strongest;
}

/** Whom to ask for help is nobody the mail went to. */
const HELP =
  /\b(?:contact|assistance|help|abuse|support)\b[^@\n]{0,60}(?:<?postmaster|:\s|at\s)|<postmaster@|mailto:|^\s*(?:from|subject|date|sent|message-id|reply-to|errors-to|original sender):/i;

/** After such words an address alone on its line is a failed one. */
const INTRODUCTION =
  /\b(?:following|these|this) (?:address|addresses|recipients?|users?|destinations?|e-?mail|persons?|mailboxes)|undeliverable to the following|addressed to e-?mail address|transcript of session follows|address(?:\(es\)|es)?(?: to which)?.{0,60}(?:failed|errors|problems|delivered)|failed (?:recipients?|addresses)|(?:could|can) not be (?:delivered|sent|reached)|not (?:yet )?(?:been )?delivered|unable to deliver|did not (?:reach|receive)|wasn't able to deliver|delivery (?:failed|to)|your message\s+to:?\s*$|pu (?:e|ê)tre (?:d(?:e|é)livr|remis)|no (?:se )?(?:pudo|ha podido) .{0,30}(?:entreg|envi)|nicht zugestellt|konnte nicht|non (?:è stato|e' stato) .{0,30}(?:recapit|consegn)|送信(?:できません|に失敗)|宛先|收件人|无法(?:发送|送达)|не может быть доставлено|по следующему адресу/i;

interface Found {
  address: string;
  strength: number;
  rule: string;
}

function matchLine(line: string, introduced: boolean, previous: string): Found | null {
  if (!line.includes('@') || line.length > LINE_CHARACTERS_MAX) return null;
  for (const { name, pattern, strength, after } of RECIPIENT_LINES) {
    if (after === 'introduction' && !introduced) continue;
    const address = pattern.exec(line)?.[1];
    if (address === undefined) continue;
    // `host x said:` folds a diagnostic; an address in its next line repeats the recipient.
    if (after === 'introduction' && /\bsaid:?(?: \d{3}.*)?$/.test(previous)) continue;
    return { address: address.replace(/^['"<]+|[>'",.;:]+$/g, ''), strength, rule: name };
  }
  return null;
}

/** Some servers name their own users without the domain: an indented name, alone on its line. The weakest sign there is. */
function localName(line: string, introduced: boolean, domain: string | null): Found | null {
  const name = introduced && domain !== null ? /^(?:\t| {2,8})([a-z][\w.+-]{1,63})$/i.exec(line)?.[1] : undefined;
  return name === undefined ? null : { address: `${name}@${domain}`, strength: 0.5, rule: 'local-name' };
}

const LINE_CHARACTERS_MAX = 1000;

/**
 * How reports name a failed recipient, by who writes them. Strength: 3 the line itself says this address failed, or it is the line of its
 * own that such a report gives each; 2 it is named in a sentence about the failure; 1 it stands in a transcript of SMTP.
 */
export const RECIPIENT_LINES: {
  name: string;
  pattern: RegExp;
  strength: 1 | 2 | 3;
  after: 'introduction' | null;
  sample: string;
}[] = [
  {
    name: 'qmail-postfix',
    pattern: /^\s{0,4}["'<]{1,2}([^\s<>"']{1,200}@[^\s<>"']{1,200})['">]{1,2}\s{0,3}(?:\([^)\n]{0,200}\)\s?)?:/,
    strength: 3,
    after: null,
    sample: '<karen@customer.test>: host mx.customer.test said: 550 no',
  },
  {
    name: 'alone',
    pattern: /^[\s*>•-]{0,40}[<"']{0,2}([^\s<>"'():;,=]{1,200}@[^\s<>"'():;,=]{1,200}?)[>"']{0,2}[:.,]?\s*$/,
    strength: 3,
    after: 'introduction',
    sample: '  karen@customer.test',
  },
  {
    name: 'named-twice',
    pattern: /^\s{0,20}"[^"\n]{1,100}" <([^\s<>]{1,200}@[^\s<>]{1,200})>\s*$/,
    strength: 3,
    after: 'introduction',
    sample: '"Karen" <karen@customer.test>',
  },
  {
    name: 'with-reason',
    pattern:
      /^[\s*>-]{0,20}<?([^\s<>"'():;,=]{1,200}@[^\s<>"'():;,=]{1,200})>?(?:\s+on [A-Z][a-z]{2},|\s*\.{3}\s|\s+\[|\s+\(| - |\s+Invalid Address|\s+ERROR|: )/,
    strength: 3,
    after: 'introduction',
    sample: 'karen@customer.test on Fri, 20 Jul 2001 11:08:59 -0700',
  },
  {
    name: 'x400',
    pattern: /\bdda:SMTP=([^\s;]{1,200}@[^\s;]{1,200});/i,
    strength: 3,
    after: 'introduction',
    sample: 'c=US;a= ;p=ORG;o=Site;dda:SMTP=karen@customer.test; on Fri, 4 Oct 2002',
  },
  {
    name: 'labelled',
    pattern:
      /^\s{0,20}(?:undeliverable address|failed recipient|intended recipient|recipient|error-for|original recipient|addressed to|user|final recipient)\s{0,3}:\s{0,10}(?:\[SMTP:|rfc822;\s?)?<?([^\s<>[\];]{1,200}@[^\s<>[\];]{1,200})/i,
    strength: 3,
    after: null,
    sample: 'Recipient: [SMTP:karen@customer.test]',
  },
  {
    name: 'zoho',
    pattern: /\bAddress: <([^\s<>]{1,200}@[^\s<>]{1,200})>, ResponseCode/,
    strength: 3,
    after: null,
    sample: '[Status: Error, Address: <karen@customer.test>, ResponseCode 421, , Host not reachable.]',
  },
  {
    name: 'reason-first',
    pattern:
      /^\s{0,10}(?:unknown user|invalid final delivery userid|user's mailbox is full|user mailbox exceeds allowed size|delivery failed \d{1,4} attempts|undeliverable|delivery userid|did not reach the following recipient|could not be delivered to|mailbox full|unable to deliver (?:message|mail) to)(?::|\s{1,3}to)\s{0,5}<?([^\s<>]{1,200}@[^\s<>]{1,200})/i,
    strength: 3,
    after: null,
    sample: 'Unknown user: karen@customer.test',
  },
  {
    name: 'dashed',
    pattern: /^-{2,4}>? ?([^\s<>]{1,200}@[^\s<>]{1,200})\s*$/,
    strength: 3,
    after: 'introduction',
    sample: '-- karen@customer.test',
  },
  {
    name: 'no-such-user',
    pattern: /^\s{0,10}<?([^\s<>()]{1,200}@[^\s<>()]{1,200})>? - (?:no such user|user unknown)/i,
    strength: 3,
    after: null,
    sample: 'karen@customer.test - no such user here.',
  },
  {
    name: 'sentence-to',
    pattern:
      /\b(?:your (?:mail|message|e-?mail)|unable to deliver(?: your| the)?(?: mail| message)?|message\(?s?\)?|delivered|delivery|deliver (?:your |mail |message ){0,2}|addressed|deliver mail|mail) (?:was )?to:? ["'<]{0,2}([^\s<>"',;()]{1,200}@[^\s<>"',;()]{1,200})/i,
    strength: 2,
    after: null,
    sample: 'Unable to deliver message to <karen@customer.test> (and others)',
  },
  {
    name: 'sentence-about',
    pattern:
      /\b(?:local mailbox|originally addressed to|generated from|address(?:ed)? to|was addressed,|quota violation for|gateway for|mailbox) ["'<]{0,2}([^\s<>"',;()]{1,200}@[^\s<>"',;()]{1,200})/i,
    strength: 2,
    after: null,
    sample: 'Local mailbox karen@customer.test is unavailable: user not found',
  },
  {
    name: 'generated-from',
    pattern: /^\s{0,20}\((?:ultimately )?generated from:? <?([^\s<>()]{1,200}@[^\s<>()]{1,200})>?\)/i,
    strength: 2,
    after: null,
    sample: '    (ultimately generated from karen@customer.test)',
  },
  {
    name: 'expanded-from',
    pattern: /^\s{0,20}\(expanded from:? <?([^\s<>()]{1,200}@[^\s<>()]{1,200})>?\)/i,
    strength: 3,
    after: null,
    sample: '    (expanded from: <karen@customer.test>)',
  },
  {
    name: 'answer',
    pattern:
      /^(?:<{3} )?[45]\d\d[ -](?:[45]\.\d{1,3}\.\d{1,3} )?[<"']{0,2}([^\s<>"'():;,]{1,200}@[^\s<>"'():;,]{1,200}?)[>"']{0,2}(?:\.{3}|:|\s)/,
    strength: 2,
    after: null,
    sample: '554 <karen@customer.test>... User unknown',
  },
  {
    name: 'to-line',
    pattern: /\bTo:\s{0,3}<?([^\s<>"',;()]{1,200}@[^\s<>"',;()]{1,200})>?\s{0,5}(?:$|---)/,
    strength: 1,
    after: null,
    sample: 'To: karen@customer.test',
  },
  {
    name: 'command',
    pattern: /\bRCPT TO:\s?<([^\s<>]{1,200}@[^\s<>]{1,200})>/i,
    strength: 1,
    after: null,
    sample: '>>> RCPT To:<karen@customer.test>',
  },
  {
    name: 'answer-about',
    pattern: /\b[45]\d\d\b.{0,120}?<([^\s<>]{1,200}@[^\s<>]{1,200})>/,
    strength: 1,
    after: null,
    sample: '550 unknown user <karen@customer.test>',
  },
];
