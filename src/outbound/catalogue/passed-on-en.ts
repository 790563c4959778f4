/** What agents read about mail that they forwarded to the desk, in English. */
export const passedOnEn = {
  'passedOn.heading': 'Ticket {number} is open for {name}',
  'passedOn.claim':
    'You forwarded an email from {address}. Only your email says that it is theirs: until an agent confirms the address, nothing is sent there automatically.',
  'passedOn.text': 'This is kept as what {name} wrote:',
  'passedOn.noted': 'What you wrote above it is a note for your colleagues.',
  'passedOn.commands': 'The commands at its top were not run. Send them as an answer to this email.',
  'passedOn.answer': 'An answer to this email goes to {name} and confirms the address.',
  'passedOn.confirm':
    'To confirm it without writing to {name}, answer with nothing but /confirm. Then {name} is told that we have the request.',
  'passedOn.confirmAction': 'Confirm the address',
  'passedOn.others': 'It is in {department}: whoever works there answers it and confirms the address.',
  'passedOn.yours': 'Ticket {number} is open for you',
  'passedOn.noSender':
    'No sender could be found in what you forwarded. So the ticket is yours, as if you had asked yourself: answers go to you.',
  'passedOn.again': 'To open one for the sender, forward the email once more, as an attachment or with its From line.',
  'passedOn.add': 'To add something, just reply to this email.',
  'receipt.confirmed': 'The address of the requester is confirmed: automatic email may go there.',
  'receipt.help.confirm': 'the requester of a forwarded mail is who it says',
} as const;
