import type { Sentences } from './catalogue.ts';

/** German, in the polite form. */
export const de: Sentences = {
  'acknowledgement.subject': 'Wir haben Ihre Nachricht erhalten',
  'acknowledgement.heading': 'Wir haben Ihre Nachricht erhalten',
  'acknowledgement.number': 'Ihre Ticketnummer ist {number}.',
  'acknowledgement.wrote': 'Sie schrieben:',
  'acknowledgement.moreLines': '… und {count, plural, one {# weitere Zeile} other {# weitere Zeilen}}',
  'acknowledgement.next': 'Wie es weitergeht: Jemand bei {desk} liest Ihre Nachricht und antwortet Ihnen per E-Mail.',
  'acknowledgement.add': 'Um etwas zu ergänzen, antworten Sie einfach auf diese E-Mail.',
  'acknowledgement.notYou':
    'Sie haben uns nicht geschrieben? Dann hat jemand anderes Ihre Adresse angegeben. Sie können diese E-Mail ignorieren.',
  'mail.automatic':
    '{desk} hat diese E-Mail automatisch gesendet, weil eine Nachricht mit Ihrer Adresse als Absender eingegangen ist.',

  'notification.boundary': 'Bitte oberhalb dieser Zeile antworten',
  'notification.from': '{name} über {desk}',
  'notification.replyTo': '{name} {number}',
  'notification.noteTo': 'Notiz zu {number}',
  'notification.answer':
    'Ihre Antwort geht per E-Mail an {name}{others, plural, =0 {} one { und eine weitere Person} other { und # weitere Personen}}.',
  'notification.wrote': '{name} schrieb:',
  'notification.unknownName': 'Die anfragende Person',
  'notification.moreLines': '… und {count, plural, one {# weitere Zeile} other {# weitere Zeilen}}',
  'notification.attached': 'Daran angehängt: {files}',
  'notification.confirmed': 'Absender: {address}, vom Mailserver bestätigt.',
  'notification.unconfirmed':
    'Absender: {address}, nicht bestätigt. Jeder könnte dies unter diesem Namen geschrieben haben.',
  'notification.ticket': 'Ticket {number}: {status}, Priorität {priority}, in {department}.',
  'notification.why.assignee': 'Sie erhalten diese E-Mail, weil das Ticket Ihnen zugewiesen ist.',
  'notification.why.department':
    'Sie erhalten diese E-Mail, weil Sie in {department} arbeiten und niemand das Ticket übernommen hat.',
  'notification.take': 'Übernehmen',
  'notification.resolve': 'Als gelöst melden',
  'notification.note': 'Notiz für Kollegen schreiben',
  'notification.footer':
    '{desk} hat dies an die eigenen Bearbeiter gesendet. Bitte nicht weiterleiten: Die Adressen darin gelten nur für Sie.',

  'status.new': 'neu',
  'status.open': 'offen',
  'status.pending': 'wartet auf die anfragende Person',
  'status.on-hold': 'zurückgestellt',
  'status.resolved': 'gelöst',
  'status.closed': 'geschlossen',
  'priority.low': 'niedrig',
  'priority.normal': 'normal',
  'priority.high': 'hoch',
  'priority.urgent': 'dringend',
};
