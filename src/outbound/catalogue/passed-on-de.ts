import type { passedOnEn } from './passed-on-en.ts';

/** What agents read about mail that they forwarded to the desk, in German. */
export const passedOnDe: Readonly<Record<keyof typeof passedOnEn, string>> = {
  'passedOn.heading': 'Ticket {number} ist für {name} offen',
  'passedOn.claim':
    'Sie haben eine E-Mail von {address} weitergeleitet. Nur Ihre E-Mail sagt, dass sie von dort stammt: Bis ein Bearbeiter die Adresse bestätigt, wird dorthin nichts automatisch gesendet.',
  'passedOn.text': 'Dies wird als Text von {name} aufbewahrt:',
  'passedOn.noted': 'Was Sie darüber geschrieben haben, ist eine Notiz für Ihre Kollegen.',
  'passedOn.commands': 'Die Befehle am Anfang wurden nicht ausgeführt. Senden Sie sie als Antwort auf diese E-Mail.',
  'passedOn.answer': 'Eine Antwort auf diese E-Mail geht an {name} und bestätigt die Adresse.',
  'passedOn.confirm':
    'Um sie zu bestätigen, ohne {name} zu schreiben, antworten Sie nur mit /confirm. Dann erfährt {name}, dass wir die Anfrage haben.',
  'passedOn.confirmAction': 'Adresse bestätigen',
  'passedOn.others': 'Es liegt bei {department}: Wer dort arbeitet, beantwortet es und bestätigt die Adresse.',
  'passedOn.yours': 'Ticket {number} ist für Sie offen',
  'passedOn.noSender':
    'Aus dem, was Sie weitergeleitet haben, war kein Absender zu erkennen. Das Ticket gilt deshalb als Ihre Anfrage: Antworten gehen an Sie.',
  'passedOn.again':
    'Um eines für den Absender zu öffnen, leiten Sie die E-Mail noch einmal weiter, als Anhang oder mit der Zeile „Von“.',
  'passedOn.add': 'Um etwas zu ergänzen, antworten Sie einfach auf diese E-Mail.',
  'receipt.confirmed': 'Die Adresse der anfragenden Person ist bestätigt: Automatische E-Mail darf dorthin gehen.',
  'receipt.help.confirm': 'die anfragende Person einer weitergeleiteten E-Mail ist die, die darin steht',
};
