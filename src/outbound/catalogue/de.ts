import type { Sentences } from './catalogue.ts';
import { historyDe } from './history-de.ts';
import { passedOnDe } from './passed-on-de.ts';
import { receiptDe } from './receipt-de.ts';
import { undeliveredDe } from './undelivered-de.ts';

/** German, in the polite form. */
export const de: Sentences = {
  'acknowledgement.subject': 'Wir haben Ihre Nachricht erhalten',
  'acknowledgement.heading': 'Wir haben Ihre Nachricht erhalten',
  'acknowledgement.number': 'Ihre Ticketnummer ist {number}.',
  'acknowledgement.follows':
    'Sie haben zu Ticket {number} geschrieben, das geschlossen ist. Dies ist deshalb ein neues Ticket, das darauf folgt.',
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
  'notification.wroteNothing': '{name} hat eine E-Mail ohne Text geschickt.',
  'notification.wrote': '{name} schrieb:',
  'notification.unknownName': 'Die anfragende Person',
  'notification.moreLines': '… und {count, plural, one {# weitere Zeile} other {# weitere Zeilen}}',
  'notification.attached': 'Daran angehängt: {files}',
  'notification.left.refused':
    'Ihr Mailsystem hat diese E-Mail mit ihren Dateien abgelehnt; sie sind beim Ticket geblieben: {files}',
  'notification.left.too-large': 'Zu groß, um hier mitzukommen, aber beim Ticket aufbewahrt: {files}',
  'notification.confirmed': 'Absender: {address}, vom Mailserver bestätigt.',
  'notification.unconfirmed':
    'Absender: {address}, nicht bestätigt. Jeder könnte dies unter diesem Namen geschrieben haben.',
  'notification.passedOn':
    'Absender: {address}, wie jemand aus dem Team es weitergeleitet hat. Von selbst geht nichts dorthin, bis jemand von Ihnen bestätigt oder antwortet.',
  'notification.ticket': 'Ticket {number}: {status}, Priorität {priority}, in {department}.',
  'notification.follows': 'Es folgt auf {number}, das geschlossen ist.',
  'notification.thanks': 'Das scheint nur ein Dank zu sein, darum bleibt es {status}.',
  'notification.why.assignee': 'Sie erhalten diese E-Mail, weil das Ticket Ihnen zugewiesen ist.',
  'notification.why.assigned': 'Sie erhalten diese E-Mail, weil Ihnen das Ticket zugeteilt wurde.',
  'notification.why.deputy':
    'Sie erhalten diese E-Mail, weil abwesend ist, wem das Ticket gehört, und Sie die Vertretung sind.',
  'notification.why.assignee-away':
    'Sie erhalten diese E-Mail, weil Sie in {department} arbeiten und abwesend ist, wem das Ticket gehört.',
  'notification.why.waiting':
    'Sie erhalten diese E-Mail, weil in {department} niemand frei ist, das Ticket zu übernehmen. Es wartet, bis jemand frei wird.',
  'notification.why.plan': 'Sie erhalten diese E-Mail, weil der SLA-Plan des Tickets es so vorsieht.',
  'notification.why.department':
    'Sie erhalten diese E-Mail, weil Sie in {department} arbeiten und niemand das Ticket übernommen hat.',
  'notification.proposed': 'War in Kopie und bekommt Ihre Antworten nicht: {addresses}.',
  'notification.letIn': 'Antworten auch dorthin senden',
  'notification.take': 'Übernehmen',
  'notification.resolve': 'Als gelöst melden',
  'notification.reopen': 'Wieder öffnen',
  'notification.note': 'Notiz für Kollegen schreiben',
  'notification.footer':
    '{desk} hat dies an die eigenen Bearbeiter gesendet. Bitte nicht weiterleiten: Die Adressen darin gelten nur für Sie.',

  'clock.firstResponse': 'Erste Antwort',
  'clock.nextResponse': 'Nächste Antwort',
  'clock.resolution': 'Lösung',
  'clock.due': '{what} fällig am {at}.',
  'clock.overdue': '{what} überfällig seit {at}.',
  'clock.paused': '{what}: Die Uhr steht, solange das Ticket wartet.',
  'alarm.near': 'Eine Frist läuft bald ab',
  'alarm.overdue': 'Eine Frist ist abgelaufen',
  'alarm.due': '{what} ist fällig am {at}, {span}.',
  'alarm.broken': '{what} war fällig am {at}, {span}.',

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

  'reply.footer': '{desk}, Ticket {number}. Um zu antworten, antworten Sie einfach auf diese E-Mail.',
  'reply.resolved':
    '{desk}, Ticket {number}, als gelöst vermerkt. Wenn noch etwas offen ist, antworten Sie einfach auf diese E-Mail: Das öffnet das Ticket wieder.',
  'reply.closed':
    '{desk}, Ticket {number}, geschlossen. Wenn noch etwas ist, antworten Sie einfach auf diese E-Mail: Das eröffnet ein neues Ticket.',

  'held.heading': 'Ihre Antwort wurde nicht gesendet',
  'held.why': 'Eine Antwort wartet, wenn nicht sicher ist, dass alles darin nach außen soll. Hier:',
  'held.doubt.boundary': 'eine Zeile unserer Benachrichtigung steht darin',
  'held.doubt.token': 'eine unserer Adressen, die nur für Sie gilt, steht darin',
  'held.doubt.note': 'Worte einer internen Notiz stehen darin',
  'held.doubt.command': 'eine Zeile darin beginnt mit einem Befehl',
  'held.doubt.uncertain-cut': 'es ist nicht sicher, wo Ihr Text endet und die zitierte E-Mail beginnt',
  'held.doubt.unknown-quote':
    'Ihr Mailprogramm zitiert auf unbekannte Weise, und Worte des Zitats könnten in Ihrem Text stehen geblieben sein',
  'held.doubt.incomplete': 'Ihre E-Mail konnte nicht ganz gelesen werden',
  'held.doubt.no-text': 'es steht nichts darin, was zu senden wäre',
  'held.doubt.nobody-to-answer': 'es gibt niemanden mit einer Adresse, an die sie gehen könnte',
  'held.wouldSend': 'Dies würde an {name} gesendet:',
  'held.send': 'Um sie so zu senden, antworten Sie auf diese E-Mail mit {command} in der ersten Zeile.',
  'held.anew': 'Um etwas anderes zu senden, antworten Sie auf diese E-Mail mit Ihrem neuen Text.',
  'held.commands': 'Die Befehle an ihrem Anfang wurden nicht ausgeführt; bitte senden Sie sie noch einmal.',

  'resolved.heading': 'Ihre Anfrage gilt als gelöst',
  'resolved.what': 'Wir glauben, dass Ticket {number} erledigt ist.',
  'resolved.reopen': 'Wenn noch etwas offen ist, antworten Sie einfach auf diese E-Mail: Das öffnet das Ticket wieder.',
  'reopened.heading': 'Ihre Anfrage ist wieder offen',
  'reopened.what': 'Jemand bei {desk} sieht sich Ticket {number} noch einmal an und antwortet Ihnen per E-Mail.',
  'reopened.add': 'Um etwas zu ergänzen, antworten Sie einfach auf diese E-Mail.',
  'notice.footer': '{desk} hat diese E-Mail automatisch gesendet, weil Sie uns um Hilfe gebeten haben.',

  'claimExpired.heading': 'Ein Ticket gehört Ihnen nicht mehr',
  'claimExpired.what':
    'Ticket {number} war Ihnen zugeteilt, und Sie haben in der Zeit, die {department} dafür lässt, nicht geantwortet, nichts notiert und keinen Befehl dazu gesendet. Es wurde für jemand anderen zurückgenommen.',
  'claimExpired.take': 'Möchten Sie es doch übernehmen, antworten Sie auf diese E-Mail mit /take in der ersten Zeile.',

  'refused.heading': 'Eine E-Mail in Ihrem Namen wurde nicht angenommen',
  'refused.headingElse': 'Eine E-Mail an Ihre Adresse wurde nicht angenommen',
  'refused.what':
    'Zu Ticket {number} ist eine E-Mail eingegangen, die Sie als Absender nennt. Es wurde nichts gesendet und nichts geändert. Die E-Mail wird beim Ticket aufbewahrt.',
  'refused.unconfirmed': 'Kein Mailserver bürgt für sie.',
  'refused.unanswered':
    'Kein Mailserver bürgt für sie, und wir haben Sie schon nach anderen solchen E-Mails gefragt, ohne ein Ja zu bekommen. Heute fragen wir nach keiner weiteren.',
  'refused.token': 'Sie kam nicht an die Adresse, die Sie für dieses Ticket erhalten haben.',
  'refused.whatElse':
    'An die Adresse, die Sie für Ticket {number} erhalten haben, ist eine E-Mail eingegangen. Es wurde nichts gesendet und nichts geändert. Die E-Mail wird beim Ticket aufbewahrt, wo nur Bearbeiter sie sehen.',
  'refused.stranger':
    'Sie kommt nicht von Ihnen: Jemand anderes hat diese Adresse, oder sie nennt mehr als einen Absender.',
  'refused.passedOn':
    'Wenn Sie unsere E-Mail weitergeleitet haben: Die Adressen darin gelten nur für Sie, bitte tun Sie das nicht.',
  'refused.notPassedOn': 'Wenn nicht: Bitte sehen Sie nach, wer Ihre E-Mails lesen kann.',
  'refused.permission': 'In {department} dürfen Sie das nicht.',
  'refused.you':
    'Wenn Sie es waren: Antworten Sie auf Ihre eigene Benachrichtigung, aus dem Postfach, in dem diese E-Mail ankam.',
  'refused.notYou': 'Wenn Sie es nicht waren: Es ist nichts zu tun.',

  'confirm.heading': 'Haben Sie das geschrieben?',
  'confirm.what':
    'Zu Ticket {number} ist eine E-Mail in Ihrem Namen eingegangen, und kein Mailserver sagt, wer sie gesendet hat. Noch ist nichts gesendet und nichts geändert.',
  'confirm.reply':
    'Wenn sie von Ihnen ist, antworten Sie einfach innerhalb von 15 Minuten auf diese E-Mail. Was Sie in dieser Antwort schreiben, wird niemandem gesendet.',
  'confirm.would.reply': 'Dann geht dies an {name}; Befehle am Anfang werden ausgeführt:',
  'confirm.would.note': 'Dann wird dies eine interne Notiz; Befehle am Anfang werden ausgeführt:',
  'confirm.would.act': 'Dann werden diese Befehle ausgeführt:',
  'confirm.notYou':
    'Wenn sie nicht von Ihnen ist, tun Sie nichts, oder antworten Sie mit Nein. Niemand außerhalb bekommt sie zu sehen.',
  'confirm.yes': 'Ja, die ist von mir',
  'confirm.yesBody': 'Ja',
  'confirm.no': 'Nein, nicht von mir',
  'confirm.noBody': 'Nein',
  'confirm.denied.heading': 'Es wurde nichts gesendet',
  'confirm.denied.what':
    'Danke. Die E-Mail in Ihrem Namen zu Ticket {number} bewirkt nichts. Sie wird beim Ticket aufbewahrt, wo nur Bearbeiter sie sehen.',
  'confirm.late.heading': 'Ihre Antwort kam zu spät',
  'confirm.late.what':
    'Eine E-Mail zu Ticket {number} lässt sich 15 Minuten lang bestätigen. Es wurde nichts gesendet und nichts geändert. Bitte senden Sie jene E-Mail noch einmal: Dann fragen wir erneut.',
  'confirm.settled.heading': 'Das war schon beantwortet',
  'confirm.settled.what':
    'Sie hatten schon beantwortet, ob die E-Mail zu Ticket {number} von Ihnen ist. Es wurde nichts ein zweites Mal getan.',

  ...receiptDe,
  ...historyDe,
  ...passedOnDe,
  ...undeliveredDe,
};
