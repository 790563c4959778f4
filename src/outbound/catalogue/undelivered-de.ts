import type { undeliveredEn } from './undelivered-en.ts';

/** What agents read about replies that did not arrive, in German. */
export const undeliveredDe: Readonly<Record<keyof typeof undeliveredEn, string>> = {
  'undelivered.heading': 'Eine Antwort ist nicht angekommen',
  'undelivered.headingUnknown': 'Eine Antwort ist vielleicht nicht angekommen',
  'undelivered.returned': 'Zu Ticket {number} ist die E-Mail an {address} zurückgekommen.',
  'undelivered.rejected': 'Zu Ticket {number} wurde die E-Mail an {address} abgelehnt.',
  'undelivered.expired':
    'Zu Ticket {number} konnte die E-Mail an {address} fünf Tage lang nicht zugestellt werden. Es wird nicht mehr versucht.',
  'undelivered.unknown':
    'Zu Ticket {number} brach die Verbindung jedes Mal ab, wenn die E-Mail an {address} übergeben wurde. Sie kann angekommen sein, vielleicht mehr als einmal.',
  'undelivered.why.gone': 'Das Postfach gibt es nicht oder nicht mehr.',
  'undelivered.why.wrong-address': 'Die Adresse kann nicht stimmen: Keine E-Mail erreicht sie.',
  'undelivered.why.full': 'Das Postfach ist voll.',
  'undelivered.why.too-big': 'Die E-Mail ist zu groß für den Mailserver dort.',
  'undelivered.why.refused': 'Der Mailserver dort nimmt diese E-Mail nicht von uns an.',
  'undelivered.why.later': 'Der Mailserver dort konnte sie zu dieser Zeit nicht annehmen.',
  'undelivered.why.challenge': 'Das Mailsystem dort will jeden neuen Absender erst zulassen.',
  'undelivered.why.unclear': 'Niemand hat einen Grund genannt, den wir verstehen.',
  'undelivered.said': 'Der Mailserver schrieb: {words}',
  'undelivered.text': 'Dies war die Antwort:',
  'undelivered.advice.gone':
    'Was Sie tun können: die Person auf anderem Weg erreichen und nach einer gültigen Adresse fragen.',
  'undelivered.advice.wrong-address': 'Was Sie tun können: die richtige Adresse auf anderem Weg herausfinden.',
  'undelivered.advice.full':
    'Was Sie tun können: sie in einigen Tagen noch einmal senden oder die Person auf anderem Weg erreichen.',
  'undelivered.advice.too-big': 'Was Sie tun können: sie mit weniger oder kleineren Anhängen noch einmal senden.',
  'undelivered.advice.refused':
    'Was Sie tun können: die Person auf anderem Weg erreichen und diese Worte denen zeigen, die unsere E-Mail betreiben.',
  'undelivered.advice.later':
    'Was Sie tun können: sie später noch einmal senden oder die Person auf anderem Weg erreichen.',
  'undelivered.advice.challenge':
    'Was Sie tun können: die Person auf anderem Weg erreichen und bitten, unsere E-Mail zuzulassen.',
  'undelivered.advice.unclear':
    'Was Sie tun können: die Person auf anderem Weg erreichen und die, die unsere E-Mail betreiben, nach der Bedeutung fragen.',
  'undelivered.advice.unknown': 'Was Sie tun können: die Person fragen, ob sie angekommen ist.',
  'undelivered.silenced': 'An diese Adresse geht keine automatische E-Mail mehr.',
  'undelivered.rests':
    'Das Ticket ist in diesem Stand: {status}. Wer die Antwort nicht gelesen hat, antwortet nicht darauf: Öffnen Sie das Ticket wieder, um es im Blick zu behalten.',
  'undelivered.reopen': 'Wieder öffnen',
  'undelivered.note': 'Eine Antwort auf diese E-Mail wird eine Notiz für Ihre Kollegen.',
};
