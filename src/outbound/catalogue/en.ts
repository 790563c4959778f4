import { historyEn } from './history-en.ts';
import { passedOnEn } from './passed-on-en.ts';
import { receiptEn } from './receipt-en.ts';
import { undeliveredEn } from './undelivered-en.ts';

/**
 * Every sentence we write in mail, in English: the keys the other languages must have. ICU message syntax.
 * A sentence names its mail first, then its place there.
 */
export const en = {
  'acknowledgement.subject': 'We have received your message',
  'acknowledgement.heading': 'We have received your message',
  'acknowledgement.number': 'Your ticket number is {number}.',
  'acknowledgement.follows':
    'You answered on ticket {number}, which is closed. So this is a new ticket that follows it.',
  'acknowledgement.wrote': 'You wrote:',
  'acknowledgement.moreLines': '… and {count, plural, one {# more line} other {# more lines}}',
  'acknowledgement.next': 'What happens next: someone at {desk} reads your message and answers you by email.',
  'acknowledgement.add': 'To add something, just reply to this email.',
  'acknowledgement.notYou': 'You did not write to us? Then somebody else gave your address. You can ignore this email.',
  'mail.automatic':
    '{desk} sent this email automatically because a message arrived that names your address as its sender.',

  // The line that agents answer above. Known to ingest/trim/languages.ts, which cuts there.
  'notification.boundary': 'Reply above this line',
  'notification.from': '{name} via {desk}',
  'notification.replyTo': '{name} {number}',
  'notification.noteTo': 'Note on {number}',
  'notification.answer':
    'Your answer goes to {name}{others, plural, =0 {} one { and one other person} other { and # other people}} by email.',
  'notification.wroteNothing': '{name} sent an email without any text.',
  'notification.wrote': '{name} wrote:',
  'notification.unknownName': 'The requester',
  'notification.moreLines': '… and {count, plural, one {# more line} other {# more lines}}',
  'notification.attached': 'Attached to it: {files}',
  'notification.left.refused':
    'Your mail system refused this email with its files, so they stayed with the ticket: {files}',
  'notification.left.too-large': 'Too large to come along, but kept with the ticket: {files}',
  'notification.confirmed': 'Sender: {address}, confirmed by the mail server.',
  'notification.unconfirmed': 'Sender: {address}, not confirmed. Anybody could have written this in their name.',
  'notification.passedOn':
    'Sender: {address}, as a colleague forwarded it. Nothing is sent there by itself until one of you confirms or answers.',
  'notification.ticket': 'Ticket {number}: {status}, {priority} priority, in {department}.',
  'notification.follows': 'It follows {number}, which is closed.',
  'notification.thanks': 'This looks like no more than a thank-you, so it stays {status}.',
  'notification.why.assignee': 'You get this email because the ticket is yours.',
  'notification.why.assigned': 'You get this email because the ticket was given to you.',
  'notification.why.deputy': 'You get this email because its agent is away and you stand in.',
  'notification.why.assignee-away':
    'You get this email because you work in {department}, and the agent who has the ticket is away.',
  'notification.why.waiting':
    'You get this email because nobody of {department} is free to take the ticket. It waits until somebody is.',
  'notification.why.plan': 'You get this email because the SLA plan of the ticket wants you to know.',
  'notification.why.department': 'You get this email because you work in {department} and nobody has taken the ticket.',
  'notification.proposed': 'Was in copy, and does not get your answers: {addresses}.',
  'notification.letIn': 'Send answers there too',
  'notification.take': 'Take it',
  'notification.resolve': 'Resolve it',
  'notification.reopen': 'Reopen it',
  'notification.note': 'Write a note for colleagues',
  'notification.footer':
    '{desk} sent this to its agents. Please do not pass it on: the addresses in it work for you alone.',

  'clock.firstResponse': 'First answer',
  'clock.nextResponse': 'Next answer',
  'clock.resolution': 'Solution',
  'clock.due': '{what} due {at}.',
  'clock.overdue': '{what} overdue since {at}.',
  'clock.paused': '{what}: the clock stands still while the ticket waits.',
  'alarm.near': 'A deadline is coming up',
  'alarm.overdue': 'A deadline has passed',
  'alarm.due': '{what} is due {at}, {span}.',
  'alarm.broken': '{what} was due {at}, {span}.',

  'status.new': 'new',
  'status.open': 'open',
  'status.pending': 'waiting for the requester',
  'status.on-hold': 'on hold',
  'status.resolved': 'resolved',
  'status.closed': 'closed',
  'priority.low': 'low',
  'priority.normal': 'normal',
  'priority.high': 'high',
  'priority.urgent': 'urgent',

  'reply.footer': '{desk}, ticket {number}. To answer, just reply to this email.',
  'reply.resolved':
    '{desk}, ticket {number}, marked as solved. If something is still open, just reply to this email: that opens the ticket again.',
  'reply.closed':
    '{desk}, ticket {number}, which is closed. If there is anything else, just reply to this email: that opens a new ticket.',

  'held.heading': 'Your answer has not been sent',
  'held.why': 'An answer waits when it is not certain that all of it is meant to leave. Here:',
  'held.doubt.boundary': 'a line of our notification is in it',
  'held.doubt.token': 'an address of ours that works for you alone is in it',
  'held.doubt.note': 'words of an internal note are in it',
  'held.doubt.command': 'a line in it begins with a command',
  'held.doubt.uncertain-cut': 'it is not certain where your text ends and the quoted mail begins',
  'held.doubt.unknown-quote':
    'your mail program quotes in an unknown way, and words of the quote may be left in your text',
  'held.doubt.incomplete': 'not all of your mail could be read',
  'held.doubt.no-text': 'there is nothing in it to send',
  'held.doubt.nobody-to-answer': 'there is nobody with an address to send it to',
  'held.wouldSend': 'This would be sent to {name}:',
  'held.send': 'To send it as it is, answer this email with {command} in the first line.',
  'held.anew': 'To send something else, answer this email with your new text.',
  'held.commands': 'The commands at its top were not run; please send them again.',

  'resolved.heading': 'Your request is marked as solved',
  'resolved.what': 'We think that ticket {number} is dealt with.',
  'resolved.reopen': 'If something is still open, just reply to this email: that opens the ticket again.',
  'reopened.heading': 'Your request is open again',
  'reopened.what': 'Someone at {desk} is looking into ticket {number} again and will answer you by email.',
  'reopened.add': 'To add something, just reply to this email.',
  'notice.footer': '{desk} sent this email automatically because you asked us for help.',

  'claimExpired.heading': 'A ticket is not yours any more',
  'claimExpired.what':
    'Ticket {number} was given to you, and you have not answered it, noted anything or sent a command for it in the time that {department} allows. It was taken back for somebody else.',
  'claimExpired.take': 'To take it all the same, answer this email with /take in the first line.',

  'refused.heading': 'A mail in your name was not accepted',
  'refused.headingElse': 'A mail to your address was not accepted',
  'refused.what':
    'A mail that names you as its sender came in for ticket {number}. Nothing was sent and nothing was changed. The mail is kept with the ticket.',
  'refused.unconfirmed': 'No mail server vouches for it.',
  'refused.unanswered':
    'No mail server vouches for it, and we asked you about other such mails before without getting a yes. We do not ask about any more today.',
  'refused.token': 'It did not come to the address that you were given for this ticket.',
  'refused.whatElse':
    'A mail came to the address that you were given for ticket {number}. Nothing was sent and nothing was changed. The mail is kept with the ticket, where only agents see it.',
  'refused.stranger': 'It does not come from you: somebody else has that address, or it names more than one sender.',
  'refused.passedOn': 'If you passed our email on: the addresses in it work for you alone, so please do not.',
  'refused.notPassedOn': 'If you did not: please look at who can read your mail.',
  'refused.permission': 'You may not do this in {department}.',
  'refused.you': 'If it was you: answer your own notification, from the mailbox that this email came to.',
  'refused.notYou': 'If it was not you: there is nothing to do.',

  'confirm.heading': 'Did you write this?',
  'confirm.what':
    'A mail in your name came in for ticket {number}, and no mail server says who sent it. Nothing has been sent and nothing has been changed yet.',
  'confirm.reply':
    'If you wrote it, just reply to this email within 15 minutes. What you write in that reply is sent to nobody.',
  'confirm.would.reply': 'This then goes to {name}; commands at its top are carried out:',
  'confirm.would.note': 'This then becomes an internal note; commands at its top are carried out:',
  'confirm.would.act': 'These commands are then carried out:',
  'confirm.notYou': 'If you did not write it, do nothing, or reply with No. Nobody outside will see it.',
  'confirm.yes': 'Yes, I wrote it',
  'confirm.yesBody': 'Yes',
  'confirm.no': 'No, not me',
  'confirm.noBody': 'No',
  'confirm.denied.heading': 'Nothing was sent',
  'confirm.denied.what':
    'Thank you. The mail in your name for ticket {number} does nothing. It is kept with the ticket, where only agents see it.',
  'confirm.late.heading': 'Your reply came too late',
  'confirm.late.what':
    'A mail for ticket {number} can be confirmed for 15 minutes. Nothing was sent and nothing was changed. Please send that mail again: we then ask once more.',
  'confirm.settled.heading': 'This was answered before',
  'confirm.settled.what':
    'You had already answered whether the mail for ticket {number} is yours. Nothing was done a second time.',

  ...receiptEn,
  ...historyEn,
  ...passedOnEn,
  ...undeliveredEn,
} as const;
