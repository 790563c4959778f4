/** Why a mail was not delivered, as a class that people and rules can use. */
export type FailureReason =
  | 'no-such-user'
  | 'no-such-host'
  | 'bad-address'
  | 'moved'
  | 'disabled'
  | 'mailbox-full'
  | 'too-big'
  | 'spam'
  | 'virus'
  | 'blocked'
  | 'rate-limited'
  | 'relaying-denied'
  | 'authentication'
  | 'policy'
  | 'expired'
  | 'unreachable'
  | 'loop'
  | 'system-error'
  | 'challenge'
  | 'rejected';

/**
 * The class of a failure: what the words say, else what the enhanced status means (RFC 3463 §3), else what vague words leave. Words come
 * first because half of all servers answer 5.0.0, 5.7.1 or 5.1.1 to everything.
 */
export function failureReason(status: string | null, words: string): FailureReason | null {
  const text = words.slice(0, WORDS_CHARACTERS_MAX);
  const [beforeGivingUp = ''] = text.split(GIVING_UP, 1);
  const byStatus = status === null ? null : (REASON_BY_STATUS[status.slice(2)] ?? null);
  return (
    find(FAILURE_WORDS, beforeGivingUp) ?? find(FAILURE_WORDS, text) ?? byStatus ?? find(VAGUE_FAILURE_WORDS, text)
  );
}

const WORDS_CHARACTERS_MAX = 4000;

/** qmail ends every failure that it retried in vain with the same words, below what was the matter. */
const GIVING_UP = /I'm not going to try again/;

interface FailureWords {
  reason: FailureReason;
  pattern: RegExp;
  sample: string;
}

function find(table: readonly FailureWords[], text: string): FailureReason | null {
  return table.find(({ pattern }) => pattern.test(text))?.reason ?? null;
}

/** What servers write, from the telling to the less telling: the first row that fits decides. Each has its sample. */
export const FAILURE_WORDS: FailureWords[] = [
  {
    reason: 'challenge',
    pattern:
      /requires? confirmation\. visit|sender not pre-approved|follow instructions in above|waiting for (?:your )?confirmation|challenge[- ]response/i,
    sample: '550 Your server requires confirmation. Visit https://customer.test/allow',
  },
  {
    reason: 'policy',
    pattern:
      /after MAIL FROM:.{0,400}(?:no such domain|not exist|unroutable|not found|resolve|invalid)|permission to post|groups\.google\.[a-z.]{2,10}\/support|\bsender (?:address )?(?:rejected|denied|verify|verification|blocked|not|domain)|domain of sender|unroutable sender|\[MAIL_FROM\]|\b5\.1\.[78]\b|not RFC ?\d{3,4}[- ]compliant|multiple (?:\S+ ){1,3}headers?\b|headers? are not accepted|addresses in From|invalid (?:\S+ ){0,2}header|protocol violation/i,
    sample: '553 5.1.8 <desk@desk.test>... Domain of sender address desk@desk.test does not exist',
  },
  {
    reason: 'loop',
    pattern: /too many hops|mail loop|loops? back to (?:me|my ?self)|message looping|routing loop|too many received/i,
    sample: '554 5.4.6 Too many hops 26 (25 max)',
  },
  {
    reason: 'virus',
    pattern:
      /\bvirus (?:detected|found|infected|scan)|infected (?:with|message|attachment)|contains? (?:a )?(?:virus|malware)/i,
    sample: '550 Message rejected: virus detected',
  },
  {
    reason: 'rate-limited',
    pattern: /\b(?:daily|hourly|relay|sending|outgoing|messages?) (?:\w{1,20} )?quota|quota (?:per|for) (?:hour|day)/i,
    sample: "554 You've reached your daily relay quota",
  },
  {
    reason: 'mailbox-full',
    pattern:
      /\bquota\b|(?:mail ?box|mail ?folder|inbox|account|maildir) (?:is )?(?:full|over|exceed)|over ?quota|insufficient (?:system )?(?:storage|disk)|full mail ?box|mailbox.{0,30}(?:exceed|too large)|exceeded.{0,40}(?:storage|local limit|space)|exceeds allowed size|too much mail|too many messages on|storage (?:exceeded|full)|mail ?box size limit|out of (?:disk )?space|一杯のため/i,
    sample: "552 5.2.2 The recipient's mailbox is full and can't accept messages now",
  },
  {
    reason: 'too-big',
    pattern:
      /(?:message|mail|e-?mail|body|content)(?: file)?(?: is| was)?(?: size)? (?:too (?:big|large|long)|larger than|exceeds)|size (?:limit )?exceed|line (?:length )?(?:limit|too long)|exceeds? (?:the )?(?:fixed )?(?:maximum|max|size)(?: message)? ?(?:size|limit)|message size/i,
    sample: '552 5.3.4 Message size exceeds fixed limit',
  },
  {
    reason: 'relaying-denied',
    pattern:
      /relay(?:ing)? (?:access |not |is )?(?:denied|prohibited|permitted|allowed)|unable to relay|not (?:a )?(?:permitted to )?relay|open relay|rcpthosts|not an open relay|relay not|configured to relay|as a relay\b|insecure mail relay/i,
    sample: '554 5.7.1 <karen@customer.test>: Relay access denied',
  },
  {
    reason: 'no-such-host',
    pattern:
      /domain may not exist|(?:^|\s)(?:[a-z0-9-]{1,63}\.){1,8}[a-z]{2,18} does not exist|(?:host|domain|name)(?: name)?(?: or domain name)?(?: is)? (?:not found|unknown|does not exist|lookup (?:failure|failed)|not exist)|(?:no such|unknown|bad|unrouteable|illegal) (?:host|domain|destination host)|couldn't find any host|name service error|null ?mx|DNS error|not known$|service not known|(?:all relevant )?MX records? (?:point|not|does)|no (?:valid )?(?:mx|mail exchanger|dns) (?:record|hosts?)|(?:cannot|can't|could not|couldn't) (?:find|resolve) (?:the )?(?:host|domain|a gateway|any host)|nameserver|unrouteable mail domain|domain (?:of sender address|could not be)|(?:recipient|destination) domain.{0,20}(?:not|invalid)|名前解決/i,
    sample: "Sorry, I couldn't find any host named customer.test. (#5.1.2)",
  },
  {
    reason: 'disabled',
    pattern:
      /(?:account|mail ?box|user|address|recipient|mail drop)(?: name)?(?: \S{1,60})? ?(?:is |has been |was |are |is currently )?(?:disabled|suspended|deactivated|inactive|not active|not an active \w+|frozen|discontinued|locked|expired|closed|terminated|blocked for|on hold|unavailable for)|(?:inactive|disabled|suspended|deactivated) (?:user|account|recipient|mail ?box)|no longer (?:active|in use|on server|valid|accept|available|works)|not (?:been )?activated|is not an active \w|not collected after/i,
    sample: '554 delivery error: This account has been disabled or discontinued',
  },
  {
    reason: 'bad-address',
    pattern:
      /malformed address|(?:bad|illegal|invalid) (?:recipient )?(?:address|recipient) (?:syntax|format)|syntax error in (?:address|recipient)|incorrectly\s+constructed/i,
    sample: '501 5.1.3 Bad recipient address syntax',
  },
  {
    reason: 'no-such-user',
    pattern:
      /(?:no such|unknown|unknown or illegal|illegal|invalid|nonexist\w*|non-exist\w*) (?:local |virtual |final delivery |or inactive )?(?:user(?:id)?|recipient|mail ?box|address|account|person|addressee|local[- ]part|alias)|(?:user|recipient|mail ?box|account|address(?:ee)?|alias|username|name|mailbox name)(?: \S{1,80})?(?:[:,]| is| was| are|\(s\))? ?(?:unknown|not (?:be )?(?:found|known|recognized|recognised|valid|exist|listed|a valid|a known|registered|available or not local|allowed to receive)|does(?: not|n't) exist|doesn't have|invalid|undeliverable|unavailable)|does(?: not|n't) (?:exist|have (?:a|an) .{0,40}account)|(?:not|isn't) (?:a )?(?:known|valid|registered|listed|our (?:customer|user))(?: gateway)?(?: user| recipient| mailbox| in)?|no (?:mail ?box|account|user|local mailbox|valid recipient|match\w*|one)(?:es|s)?(?: here| by that| with| to| found| at| exists|\b)|not listed in|recipient (?:name )?(?:rejected|not ok|address rejected: (?:undeliverable|unverified|user))|mailbox (?:not found|unavailable|not available)|bad (?:destination|recipient) (?:mailbox|address)|unrouteable address|user is unknown|bad_recipient|recipient address(?:es)? rejected ?: ?access denied|(?:address|account).{0,40}wrong or no longer|no existe|存在しない|non recensé|nie istnieje|не (?:существует|найден)|unbekannt|宛先不明|final email delivery point|delivery problems\s+to local user/i,
    sample: '550 5.1.1 <karen@customer.test>... User unknown',
  },
  {
    reason: 'blocked',
    pattern: /\b(?:low|bad|poor) (?:\w{1,20} )?reputation/i,
    sample: '550-5.7.1 likely suspicious due to the very low reputation of the sending IP address',
  },
  {
    reason: 'spam',
    pattern:
      /\b(?:anti-?)?spam(?!cop|haus)|mcspam|junk mail|unsolicited|bulk e?-?mail|mass mailer|content reject|\bube\b|uribl|surbl|looks like|message content (?:rejected|not)|content (?:rejected|filter)|rejected (?:due to|for|by) (?:content|policy content)|blocked (?:by|using) (?:content|filter)|heuristic/i,
    sample: '550 5.7.1 This message has been classified as spam',
  },
  {
    reason: 'authentication',
    pattern:
      /\b(?:dmarc|dkim(?!-signature)|spf|sender policy framework)\b|unauthenticated (?:e-?mail|mail|sender)|authentication (?:required|failed|check)|not authenticated|must authenticate|smtp auth/i,
    sample: '550 5.7.26 This mail is unauthenticated and fails the DMARC policy',
  },
  {
    reason: 'rate-limited',
    pattern:
      /frequency limited|unexpected volume|too many (?:connections|messages (?!on the server)|recipients|sessions|concurrent|mails?|emails?|requests)|rate (?:limit|control)|daily .{0,20}quota|(?:sending|mail|message) (?:limit|rate)|throttl|too (?:fast|frequent)|at a rate that|(?:exceeded|over) .{0,30}(?:rate|messages per)|unusual rate|connection (?:limit|rate)|slow down/i,
    sample: '421 4.7.0 Too many connections from your address',
  },
  {
    reason: 'blocked',
    pattern:
      /block(?:ed)?[ -]?list|black ?list|deny ?list|\brbl\b|dnsbl|spamhaus|reputation|(?:your )?(?:ip|host|server|address|client|connection|mail)(?: \S{1,50})? (?:is |has been |was |are )?(?:blocked|banned|denied|refused access)|blocked (?:for|using|because|by)|access denied|(?:reverse|ptr|rdns)\b|bad (?:ptr|helo)|not accepting mail from|my name was rejected|refused to talk to me|smtp server of your isp|part of their network|forbidden by|grey ?list|service permits|invalid ip|connection (?:refused|rejected) by policy|from your (?:ip|host|network)|dynamic ip/i,
    sample: '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.test',
  },
  {
    reason: 'policy',
    pattern:
      /\bpolic(?:y|ies)\b|not (?:permitted|authorized|authorised|allowed|accepting)|prohibited|administrative(?:ly)? (?:prohibition|denied)|delivery restriction|access (?:rule|control)|not accept (?:mail|e-?mail|messages)|requires? (?:tls|encryption)|starttls|members-only|(?:could not|cannot|can't) (?:verify|post)|投稿する権限/i,
    sample: '550 5.7.1 Message rejected due to local policy',
  },
  {
    reason: 'unreachable',
    pattern:
      /connect(?:ion)? (?:to .{1,120}: )?(?:connection )?(?:timed out|refused|reset)|accept our requests to connect|no route to host/i,
    sample: 'connect to mx.customer.test[192.0.2.1]:25: Connection timed out',
  },
  {
    reason: 'system-error',
    pattern: /unable to contact (?:the )?(?:ldap|directory|database)/i,
    sample: 'Unable to contact LDAP server. (#4.4.3)',
  },
  {
    reason: 'expired',
    pattern:
      /retry time(?:out)? (?:not|exceeded)|(?:been )?in the queue too long|(?:delivery |queue )?(?:time(?:d)? ?out|expired)\b|(?:message|mail) (?:expired|has expired|timed out)|cannot send message (?:for|within)|allowed queue period|been failing for a long time|attempts|not been delivered|delivery time expired|too old|multiple retries|more than \d+ (?:hours|days)|still being retried|conversation with .{0,80} timed out/i,
    sample: 'Message expired: it was in the queue too long',
  },
  {
    reason: 'unreachable',
    pattern:
      /connection (?:refused|timed out|reset|failed|lost|closed|died)|(?:host|network|server) (?:is )?(?:unreachable|not reachable|down)|no route to host|unable to (?:connect|contact|establish)|(?:establish|create) an? (?:smtp )?connection|(?:could not|couldn't|cannot|can't) (?:connect|contact|reach)|lost (?:connection|input channel)|remote protocol error|did not respond|server (?:unavailable|is busy)|not reachable/i,
    sample: 'connect to mx.customer.test[192.0.2.1]:25: Connection refused',
  },
  {
    reason: 'system-error',
    pattern:
      /(?:local|system|internal|server|configuration|temporary|i\/o|disk) (?:\w+ )?(?:error|failure|problem)|mail system|service (?:currently |temporarily )?(?:unavailable|not available)|try again later|temporar(?:y|ily) (?:unavailable|deferred|failure)|cannot (?:open|create|append|exec|write)|can't create|permission denied|i\/o error|unexpected|insufficient|procmail|write error|command (?:\w{1,20} )?(?:died|failed|rejected|unrecogni|not implemented)|pipe|child status/i,
    sample: '451 4.3.0 Temporary system error, try again later',
  },
];

/** Words that say little; an enhanced status says more. */
export const VAGUE_FAILURE_WORDS: FailureWords[] = [
  {
    reason: 'no-such-user',
    pattern: /\b(?:recipient )?address(?:es)? rejected|\b5[45]\d (?:[45]\.\d\.\d )?\S{1,200}@\S{1,200} rejected/i,
    sample: '550 <karen@customer.test>: Recipient address rejected.',
  },
  {
    reason: 'bad-address',
    pattern: /(?:^|[\s:])501 .{0,60}(?:address|recipient)/i,
    sample: '501 Recipient karen',
  },
  {
    reason: 'policy',
    pattern: /after MAIL FROM/i,
    sample: 'SMTP error from remote mail server after MAIL FROM:<desk@desk.test>: 550 No',
  },
  {
    reason: 'rejected',
    pattern: /reject|refus|denied|not accepted|failed|declin/i,
    sample: '554 Transaction failed',
  },
  {
    reason: 'system-error',
    pattern: /(?:^|[\s:])451[ -]/,
    sample: '451 Could not load the domain',
  },
];

/** RFC 3463 §3: what `X.subject.detail` means to a person, where it means something. */
const REASON_BY_STATUS: Partial<Record<string, FailureReason>> = {
  '1.0': 'bad-address',
  '1.1': 'no-such-user',
  '1.2': 'no-such-host',
  '1.3': 'bad-address',
  '1.6': 'moved',
  '1.8': 'policy',
  '1.10': 'no-such-host',
  '2.1': 'disabled',
  '2.2': 'mailbox-full',
  '2.3': 'too-big',
  '3.4': 'too-big',
  '4.0': 'unreachable',
  '4.1': 'unreachable',
  '4.2': 'unreachable',
  '4.4': 'no-such-host',
  '4.6': 'loop',
  '4.7': 'expired',
  '7.0': 'policy',
  '7.1': 'policy',
  '7.26': 'authentication',
};
