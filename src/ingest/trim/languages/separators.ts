/** Lines that stand above a mail which is quoted or passed on, and subjects that say so. */
export interface SeparatorLanguage {
  /** BCP 47. */
  language: string;
  /** The words between the dashes of `-----Original Message-----`, folded. */
  original: string[];
  /** The words of `---------- Forwarded message ---------` or `Begin forwarded message:`, folded. */
  forwarded: string[];
  /** Prefixes of a subject that says the mail below was passed on, folded, without the colon. */
  subjects: string[];
  /** The line we and other desks write into our own mail, folded: what stands below it is ours. */
  boundaries: string[];
}

export const SEPARATOR_LANGUAGES: SeparatorLanguage[] = [
  {
    language: 'en',
    original: ['original message', 'original appointment', 'reply message', 'original email'],
    forwarded: [
      'forwarded message',
      'begin forwarded message',
      'forwarded by',
      'forwarded email',
      'fwd.msg',
      'forwarded appointment',
    ],
    subjects: ['fwd', 'fw'],
    boundaries: [
      'reply above this line',
      'please reply above this line',
      'please type your reply above this line',
      'write above this line to reply',
      'please do not write below this line',
    ],
  },
  {
    language: 'de',
    original: [
      'ursprungliche nachricht',
      'originalnachricht',
      'original-nachricht',
      'originalmeldung',
      'ursprunglicher termin',
    ],
    forwarded: [
      'weitergeleitete nachricht',
      'anfang der weitergeleiteten nachricht',
      'anfang der weitergeleiteten e-mail',
      'weitergeleitet von',
    ],
    subjects: ['wg'],
    boundaries: [
      'bitte oberhalb dieser zeile antworten',
      'bitte antworten sie oberhalb dieser zeile',
      'antworten sie oberhalb dieser zeile',
    ],
  },
  {
    language: 'fr',
    original: ["message d'origine", 'message d’origine', 'message original', "message d'original"],
    forwarded: [
      'message transfere',
      'debut du message reexpedie',
      'debut du message transfere',
      'message transmis',
      'message reexpedie',
    ],
    subjects: ['tr', 'i'],
    boundaries: ['repondez au-dessus de cette ligne'],
  },
  {
    language: 'es',
    original: ['mensaje original'],
    forwarded: ['mensaje reenviado', 'inicio del mensaje reenviado', 'mensaje enviado'],
    subjects: ['rv'],
    boundaries: ['por favor, escriba su respuesta por encima de esta linea'],
  },
  {
    language: 'ca',
    original: ['missatge original'],
    forwarded: ['missatge reenviat', 'inici del missatge reenviat'],
    subjects: [],
    boundaries: [],
  },
  {
    language: 'pt',
    original: ['mensagem original'],
    forwarded: [
      'mensagem encaminhada',
      'mensagem reencaminhada',
      'inicio da mensagem encaminhada',
      'inicio da mensagem reencaminhada',
    ],
    subjects: ['enc', 'res: enc'],
    boundaries: [],
  },
  {
    language: 'it',
    original: ['messaggio originale'],
    forwarded: ['messaggio inoltrato', 'inizio messaggio inoltrato'],
    subjects: ['i', 'inoltra'],
    boundaries: [],
  },
  {
    language: 'ro',
    original: ['mesajul original', 'mesaj original'],
    forwarded: ['mesaj redirectionat', 'incepe mesajul redirectionat', 'mesaj retransmis'],
    subjects: ['redirectionat'],
    boundaries: [],
  },
  {
    language: 'nl',
    original: ['oorspronkelijk bericht', 'origineel bericht', 'oorspronkelijke afspraak'],
    forwarded: ['doorgestuurd bericht', 'begin doorgestuurd bericht'],
    subjects: ['doorst'],
    boundaries: [],
  },
  {
    language: 'da',
    original: ['oprindelig meddelelse', 'oprindelig besked', 'original besked'],
    forwarded: ['videresendt meddelelse', 'videresendt besked', 'start pa videresendt besked'],
    subjects: ['vs', 'vb'],
    boundaries: [],
  },
  {
    language: 'nb',
    original: ['opprinnelig melding'],
    forwarded: ['videresendt melding', 'videresendt e-post'],
    subjects: ['vs'],
    boundaries: [],
  },
  {
    language: 'sv',
    original: ['ursprungligt meddelande', 'originalmeddelande'],
    forwarded: ['vidarebefordrat meddelande', 'vidarebefordrat mejl'],
    subjects: ['vb'],
    boundaries: [],
  },
  {
    language: 'fi',
    original: ['alkuperainen viesti'],
    forwarded: ['valitetty viesti', 'valitetty viesti alkaa', 'edelleenlahetetty viesti'],
    subjects: ['vl'],
    boundaries: [],
  },
  {
    language: 'et',
    original: ['algne kiri', 'algne sonum'],
    forwarded: ['edastatud kiri', 'edastatud sonum'],
    subjects: [],
    boundaries: [],
  },
  {
    language: 'pl',
    original: ['oryginalna wiadomosc', 'wiadomosc oryginalna', 'wiadomosc pierwotna'],
    forwarded: [
      'przekazana wiadomosc',
      'tresc przekazanej wiadomosci',
      'wiadomosc przeslana dalej',
      'poczatek przekazywanej wiadomosci',
    ],
    subjects: ['pd'],
    boundaries: [],
  },
  {
    language: 'cs',
    original: ['puvodni zprava', 'puvodni e-mail'],
    forwarded: ['preposlana zprava', 'zacatek preposilane zpravy'],
    subjects: [],
    boundaries: [],
  },
  {
    language: 'sk',
    original: ['povodna sprava', 'povodny e-mail'],
    forwarded: ['preposlana sprava', 'zaciatok preposlanej spravy'],
    subjects: [],
    boundaries: [],
  },
  {
    language: 'sl',
    original: ['izvirno sporocilo'],
    forwarded: ['posredovano sporocilo', 'zacetek posredovanega sporocila'],
    subjects: ['posr'],
    boundaries: [],
  },
  {
    language: 'hr',
    original: ['izvorna poruka', 'originalna poruka'],
    forwarded: ['proslijedena poruka', 'proslijeđena poruka', 'zapocni proslijeđenu poruku'],
    subjects: ['pr'],
    boundaries: [],
  },
  {
    language: 'hu',
    original: ['eredeti uzenet'],
    forwarded: ['tovabbitott uzenet', 'tovabbitott level kezdete'],
    subjects: ['tovabb', 'tov'],
    boundaries: [],
  },
  {
    language: 'tr',
    original: ['orijinal mesaj', 'ozgun ileti', 'orjinal mesaj', 'orijinal ileti'],
    forwarded: ['iletilmis mesaj', 'iletilen ileti', 'ileti baslangici', 'yonlendirilen ileti'],
    subjects: ['ilt'],
    boundaries: [],
  },
  {
    language: 'ru',
    original: ['исходное сообщение', 'оригинальное сообщение'],
    forwarded: [
      'пересылаемое сообщение',
      'перенаправленное сообщение',
      'начало переадресованного сообщения',
      'начало переадресованного письма',
      'пересланное сообщение',
    ],
    subjects: ['пересл'],
    boundaries: [],
  },
  {
    language: 'uk',
    original: ['вихідне повідомлення', 'оригінальне повідомлення'],
    forwarded: ['переслане повідомлення', 'перенаправлене повідомлення', 'початок листа, що пересилається'],
    subjects: ['перенапр'],
    boundaries: [],
  },
  {
    language: 'bg',
    original: ['оригинално съобщение'],
    forwarded: ['препратено съобщение'],
    subjects: ['препрат'],
    boundaries: [],
  },
  {
    language: 'el',
    original: ['αρχικο μηνυμα'],
    forwarded: ['προωθημενο μηνυμα', 'αρχη προωθημενου μηνυματος'],
    subjects: ['πρθ'],
    boundaries: [],
  },
  { language: 'he', original: ['הודעה מקורית'], forwarded: ['הודעה שהועברה'], subjects: ['העבר'], boundaries: [] },
  {
    language: 'ar',
    original: ['الرسالة الاصلية'],
    forwarded: ['رسالة معاد توجيهها', 'بدء الرسالة المعاد توجيهها'],
    subjects: [],
    boundaries: [],
  },
  {
    language: 'zh',
    original: ['原始邮件', '原始郵件', '邮件原件'],
    forwarded: ['转发的邮件', '轉寄的郵件', '已转发邮件', '开始转发的邮件'],
    subjects: ['转发', '轉寄'],
    boundaries: [],
  },
  {
    language: 'ja',
    original: ['元のメッセージ', '元のメール'],
    forwarded: ['転送されたメッセージ', 'メッセージを転送', '転送メッセージ'],
    subjects: ['転送'],
    boundaries: [],
  },
  {
    language: 'ko',
    original: ['원본 메시지', '원본 메일'],
    forwarded: ['전달된 메시지', '전달된 이메일'],
    subjects: ['전달'],
    boundaries: [],
  },
];
