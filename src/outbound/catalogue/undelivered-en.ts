/** What agents read about replies that did not arrive, in English. */
export const undeliveredEn = {
  'undelivered.heading': 'A reply did not arrive',
  'undelivered.headingUnknown': 'A reply may not have arrived',
  'undelivered.returned': 'On ticket {number}, the email to {address} came back.',
  'undelivered.rejected': 'On ticket {number}, the email to {address} was refused.',
  'undelivered.expired':
    'On ticket {number}, the email to {address} could not be delivered for five days. It is not tried again.',
  'undelivered.unknown':
    'On ticket {number}, the connection broke whenever the email to {address} was handed over. It may have arrived, perhaps more than once.',
  'undelivered.why.gone': 'The mailbox does not exist, or not any more.',
  'undelivered.why.wrong-address': 'The address cannot be right: no mail reaches it.',
  'undelivered.why.full': 'The mailbox is full.',
  'undelivered.why.too-big': 'The email is too big for the mail server there.',
  'undelivered.why.refused': 'The mail server there does not take this email from us.',
  'undelivered.why.later': 'The mail server there could not take it at that time.',
  'undelivered.why.challenge': 'The mail system there wants every new sender to be let in first.',
  'undelivered.why.unclear': 'Nobody gave a reason that we understand.',
  'undelivered.said': 'The mail server said: {words}',
  'undelivered.text': 'This was the reply:',
  'undelivered.advice.gone': 'What you can do: reach the person another way and ask for an address that works.',
  'undelivered.advice.wrong-address': 'What you can do: find out the right address another way.',
  'undelivered.advice.full': 'What you can do: send it again in a few days, or reach the person another way.',
  'undelivered.advice.too-big': 'What you can do: send it again with fewer or smaller attachments.',
  'undelivered.advice.refused':
    'What you can do: reach the person another way, and show these words to whoever runs our mail.',
  'undelivered.advice.later': 'What you can do: send it again later, or reach the person another way.',
  'undelivered.advice.challenge': 'What you can do: reach the person another way and ask to let our email in.',
  'undelivered.advice.unclear':
    'What you can do: reach the person another way, and ask whoever runs our mail what it means.',
  'undelivered.advice.unknown': 'What you can do: ask the person whether it is there.',
  'undelivered.silenced': 'No automatic email is sent to this address any more.',
  'undelivered.rests':
    'The ticket is {status}. Who has not read the reply will not answer it: open the ticket again to keep it in sight.',
  'undelivered.reopen': 'Open it again',
  'undelivered.note': 'An answer to this email becomes a note for your colleagues.',
} as const;
