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
};
