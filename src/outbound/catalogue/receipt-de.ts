import type { receiptEn } from './receipt-en.ts';

/** What agents read about their commands, in German. */
export const receiptDe: Readonly<Record<keyof typeof receiptEn, string>> = {
  'receipt.done': 'Erledigt bei {number}.',
  'receipt.preview': 'Das würde bei {number} geschehen. Es wurde nichts getan und nichts gesendet.',
  'receipt.refused': 'Bei {number} wurde nichts getan und nichts gesendet.',
  'receipt.undone': 'Zurückgenommen bei {number}.',
  'receipt.released': 'Ihre zurückgehaltene Antwort bei {number} wurde gesendet.',
  'receipt.asked': 'Zu {number}.',

  'receipt.assigned.you': 'Es ist jetzt Ihres.',
  'receipt.assigned.other': 'Es ist jetzt bei {name}.',
  'receipt.assigned.nobody': 'Es ist jetzt bei niemandem.',
  'receipt.department': 'Es ist jetzt in {name}.',
  'receipt.department.unassigned': 'Es ist jetzt in {name}, und dort hat es noch niemand.',
  'receipt.priority': 'Die Priorität ist jetzt {priority}.',
  'receipt.plan': 'Es steht jetzt unter dem SLA-Plan {name}.',
  'receipt.plan.none': 'Es steht jetzt unter keinem SLA-Plan.',
  'receipt.status': 'Status ist jetzt: {status}.',
  'receipt.status.until': 'Status ist bis {until}: {status}.',
  'receipt.tags': 'Geänderte Schlagwörter: {changes}',
  'receipt.collaborators': 'Kopien erhalten: {changes}',
  'receipt.note': 'Als Notiz für die Kollegen behalten.',
  'receipt.away':
    'Sie sind abwesend, bis Sie /back senden. Sie bekommen keine neuen Tickets; Ihre jetzigen bleiben bei Ihnen.',
  'receipt.away.until':
    'Sie sind abwesend bis {until}. Sie bekommen keine neuen Tickets; Ihre jetzigen bleiben bei Ihnen. Früher zurück: /back',
  'receipt.back': 'Sie sind wieder da und bekommen wieder neue Tickets.',
  'receipt.nothing': 'Das war schon so.',

  'receipt.textSent': 'Der Text unter den Befehlen wurde an die anfragende Person gesendet.',
  'receipt.textNoted':
    'Ihr Text wurde als Notiz für die Kollegen behalten. Die anfragende Person hat ihn nicht bekommen.',
  'receipt.textIgnored': 'Der Text unter den Befehlen wurde an niemanden gesendet.',
  'receipt.textWouldLeave': 'Dieser Text würde an die anfragende Person gesendet:',
  'receipt.textWouldBeNoted': 'Dieser Text würde als Notiz für die Kollegen behalten:',
  'receipt.notice.sent': 'Die anfragende Person hat davon erfahren.',
  'receipt.notice.none': 'Die anfragende Person hat davon nicht erfahren: {why} Eine Antwort von Ihnen sagt es ihr.',
  'receipt.notice.no-address': 'Es gibt keine Adresse, an die sich etwas senden lässt.',
  'receipt.notice.address-suppressed': 'E-Mail an ihre Adresse kam zurück; automatisch geht dorthin nichts mehr.',
  'receipt.notice.unverified-requester': 'Für ihre Adresse hat noch niemand gebürgt.',
  'receipt.notice.acknowledged': 'Sie bekommt jetzt die Eingangsbestätigung.',
  'receipt.notice.address-limit': 'Sie hat so viele automatische E-Mails bekommen, wie eine Adresse vorerst bekommt.',
  'receipt.notice.volume-limit':
    'Es geht so viel automatische E-Mail hinaus, dass keine mehr ohne die Administration geht.',
  'receipt.undo': 'Zum Zurücknehmen antworten Sie binnen 30 Minuten auf diese E-Mail, mit /undo in der ersten Zeile.',
  'receipt.undoNoMail': 'Gesendete E-Mails lassen sich nicht zurückholen.',
  'receipt.undoAction': 'Zurücknehmen',
  'receipt.again': 'Bitte berichtigen Sie das und senden Sie die ganze E-Mail noch einmal, gern als Antwort auf diese.',
  'receipt.askSomebody': 'Wer in der Abteilung des Tickets arbeitet oder verwaltet, kann es tun.',
  'receipt.place': 'Zeile {line}, Zeichen {column}: {what}',
  'receipt.line': 'Zeile {line}: {what}',
  'receipt.didYouMean': 'Meinten Sie {suggestion}?',
  'receipt.allowed': 'Möglich: {allowed}.',

  'receipt.error.unknown-command':
    '{word} ist kein Befehl. Eine Zeile am Anfang, die mit / beginnt, muss einer sein. Soll sie gesendet werden, schreiben Sie etwas darüber.',
  'receipt.error.not-available': '{word} geht noch nicht per E-Mail.',
  'receipt.error.too-many': 'Das ist ein Befehl zu viel für eine E-Mail.',
  'receipt.error.missing': 'Hier fehlt etwas.',
  'receipt.error.not-expected': '{word} gehört hier nicht hin.',
  'receipt.error.unknown-agent': 'Niemand hier heißt {word}.',
  'receipt.error.ambiguous-agent': '{word} könnten mehrere sein.',
  'receipt.error.unknown-department': 'Keine Abteilung heißt {word}.',
  'receipt.error.unknown-plan': 'Kein SLA-Plan heißt {word}.',
  'receipt.error.unknown-priority': '{word} ist keine Priorität.',
  'receipt.error.unknown-status': '{word} ist kein Status, den man setzen kann.',
  'receipt.error.unknown-time':
    '{word} ist keine Zeit. Schreiben Sie 2h, 3d, 17:00, tomorrow 9:00, fri oder 2026-12-01.',
  'receipt.error.past-time': '{word} ist schon vorbei.',
  'receipt.error.far-time': '{word} ist mehr als ein Jahr entfernt.',
  'receipt.error.bad-tag': '{word} ist kein Schlagwort: Buchstaben, Ziffern, Punkte, Binde- und Unterstriche.',
  'receipt.error.bad-address': '{word} ist keine E-Mail-Adresse.',
  'receipt.error.said-twice': '{word} entscheidet, was schon eine andere Zeile entscheidet.',
  'receipt.error.stands-alone': '{word} verträgt keine anderen Befehle neben sich.',

  'receipt.refusal.not-allowed': 'Das dürfen Sie bei diesem Ticket nicht.',
  'receipt.refusal.not-from-here': 'Vom Status „{status}“ aus geht das nicht.',
  'receipt.refusal.agent-not-there': 'Diese Person arbeitet nicht in der Abteilung des Tickets.',
  'receipt.refusal.own-address': 'Das ist eine eigene Adresse.',
  'receipt.refusal.is-agent': 'Das ist die Adresse eines Bearbeiters.',
  'receipt.refusal.is-requester': 'Das ist die anfragende Person selbst.',
  'receipt.refusal.not-there': 'Diese Adresse erhält keine Kopien.',

  'receipt.doubt.further-down':
    'Das beginnt mit einem Befehl, doch Befehle gelten nur ganz am Anfang. Setzen Sie ihn dorthin, oder schreiben Sie die Zeile anders.',
  'receipt.doubt.not-all-at-top':
    'Das beginnt mit einem Befehl, steht aber unter Ihrem Text. Setzen Sie ihn zu den anderen, oder schreiben Sie die Zeile anders.',
  'receipt.doubt.may-be-wrapped':
    'Das könnte das Ende des langen Befehls darüber sein, vom Mailprogramm umbrochen. Lassen Sie zwischen Befehlen und Text eine Zeile frei, oder kürzen Sie den Befehl.',
  'receipt.doubt.html-only':
    'Der Befehl steht nur im formatierten Teil der E-Mail; Befehle gelten nur in reinem Text. Senden Sie die E-Mail als reinen Text.',
  'receipt.doubt.parts-differ':
    'Der reine Text und der formatierte Teil der E-Mail beginnen verschieden. Senden Sie die E-Mail als reinen Text.',

  'receipt.notUndone.nothing': 'Bei diesem Ticket ist nichts von Ihnen zurückzunehmen.',
  'receipt.notUndone.undone-already': 'Das ist schon zurückgenommen.',
  'receipt.notUndone.too-late': 'Das ist mehr als 30 Minuten her.',
  'receipt.notUndone.changed-since': 'Jemand hat dasselbe seitdem geändert.',
  'receipt.nothingHeld':
    'Bei diesem Ticket wird keine Antwort von Ihnen zurückgehalten, die gesendet werden darf. Eine, der eine andere Antwort folgte, geht nur mit der Nummer aus ihrem Brief.',

  'receipt.why': 'Was mit ihm geschah, das Älteste zuerst ({zone}):',
  'receipt.help': 'Befehle stehen ganz am Anfang einer E-Mail, einer je Zeile. Was darunter steht, ist Ihre Antwort.',
  'receipt.help.take': 'das Ticket übernehmen',
  'receipt.help.assign': 'einem Bearbeiter geben (Schlüssel, Name oder Adresse), oder niemandem (nobody)',
  'receipt.help.dept': 'in eine Abteilung verschieben',
  'receipt.help.priority': 'low, normal, high oder urgent',
  'receipt.help.sla': 'unter einen SLA-Plan stellen',
  'receipt.help.status': 'open, pending, on-hold, resolved oder closed',
  'receipt.help.pending': 'es wartet auf die anfragende Person, wenn Sie wollen bis zu einer Zeit',
  'receipt.help.hold': 'es wartet auf jemand anderen',
  'receipt.help.resolve': 'es ist beantwortet; eine Antwort öffnet es wieder',
  'receipt.help.close': 'es ist abgeschlossen; eine Antwort eröffnet ein neues',
  'receipt.help.reopen': 'es ist wieder offen',
  'receipt.help.tag': 'Schlagwörter setzen und entfernen',
  'receipt.help.cc': 'wer Ihre Antworten noch erhält',
  'receipt.help.note': 'eine Notiz für die Kollegen; allein auf der Zeile wird der ganze Text darunter eine',
  'receipt.help.away': 'Sie bekommen keine neuen Tickets, bis zu einer Zeit oder bis Sie zurück sind',
  'receipt.help.back': 'Sie sind wieder da',
  'receipt.help.preview': 'nur sagen, was geschähe und was gesendet würde',
  'receipt.help.undo': 'Ihre letzte Änderung zurücknehmen; mit der Nummer aus einer Quittung, jene',
  'receipt.help.send': 'Ihre zurückgehaltene Antwort senden; mit der Nummer aus ihrem Brief, jene',
  'receipt.help.why': 'was mit dem Ticket geschah, und warum',
  'receipt.help.help': 'diese Liste',
  'receipt.footer':
    '{desk} hat dies gesendet, weil Sie Befehle geschickt haben. Die Adressen darin gelten nur für Sie.',
};
