/**
 * The lines with which mail programs introduce the mail they quote: `On … Karen wrote:`. Data only: a new language or
 * client is a line here. Words are compared folded: lower-case, without accents, wherever the programs put them.
 */
export interface AttributionLanguage {
  /** BCP 47. */
  language: string;
  /** The words such a line begins with; none where it begins with the date or the name. */
  opens: string[];
  /** What the quoted person did, which stands at the end of the line or, behind an opening word, anywhere in it. */
  verbs: string[];
  /** Lines as clients write them. */
  samples: string[];
}

export const ATTRIBUTION_LANGUAGES: AttributionLanguage[] = [
  {
    language: 'en',
    opens: ['on', 'at'],
    verbs: ['wrote', 'writes', 'has written', 'wrote the following', 'wrote on', 'a wrote'],
    samples: [
      'On Mon, Nov 23, 2026 at 10:00 AM Karen <karen@x.test> wrote:',
      'On 23. Nov 2026, at 10:00, Karen <karen@x.test> wrote:',
      'Karen <karen@x.test> wrote on 23 Nov 2026:',
      '---- On Mon, 23 Nov 2026 10:00:00 +0100 karen@x.test wrote ----',
    ],
  },
  {
    language: 'de',
    opens: ['am', 'um'],
    verbs: ['schrieb', 'schrieb am', 'schrieben', 'schreibt', 'hat geschrieben', 'geschrieben', 'schrieb folgendes'],
    samples: [
      'Am Mo., 23. Nov. 2026 um 10:00 Uhr schrieb Karen <karen@x.test>:',
      'Karen <karen@x.test> schrieb am Mo., 23. Nov. 2026, 10:00:',
      'Am 23.11.26 um 10:00 schrieb Karen:',
    ],
  },
  {
    language: 'fr',
    opens: ['le'],
    verbs: ['a ecrit', 'ecrit', 'a ecrit ce qui suit'],
    samples: ['Le lun. 23 nov. 2026 à 10:00, Karen <karen@x.test> a écrit :', 'Le 23/11/2026 10:00, Karen a écrit :'],
  },
  {
    language: 'es',
    opens: ['el'],
    verbs: ['escribio'],
    samples: ['El lun, 23 nov 2026 a las 10:00, Karen (<karen@x.test>) escribió:'],
  },
  {
    language: 'ca',
    opens: ['el', 'missatge de', 'a'],
    verbs: ['va escriure', 'ha escrit'],
    samples: ['El dl., 23 de nov. 2026, a les 10:00, Karen <karen@x.test> va escriure:'],
  },
  {
    language: 'pt',
    opens: ['em', 'a', 'as', 'no dia'],
    verbs: ['escreveu'],
    samples: [
      'Em seg., 23 de nov. de 2026 às 10:00, Karen <karen@x.test> escreveu:',
      'A 23/11/2026 10:00, Karen escreveu:',
    ],
  },
  {
    language: 'gl',
    opens: ['o'],
    verbs: ['escribiu'],
    samples: ['O luns, 23 nov 2026 ás 10:00, Karen (<karen@x.test>) escribiu:'],
  },
  {
    language: 'it',
    opens: ['il', 'in data', 'il giorno'],
    verbs: ['ha scritto'],
    samples: ['Il giorno lun 23 nov 2026 alle ore 10:00 Karen <karen@x.test> ha scritto:'],
  },
  {
    language: 'ro',
    opens: ['in', 'pe', 'la data de'],
    verbs: ['a scris'],
    samples: [
      'În lun., 23 nov. 2026 la 10:00, Karen <karen@x.test> a scris:',
      'lun., 23 nov. 2026, 10:00 Karen <karen@x.test> a scris:',
    ],
  },
  {
    language: 'nl',
    opens: ['op'],
    verbs: ['schreef', 'schreef op', 'heeft geschreven', 'geschreven', 'het volgende geschreven'],
    samples: [
      'Op ma 23 nov 2026 om 10:00 schreef Karen <karen@x.test>:',
      'Op 23 nov. 2026 om 10:00 heeft Karen <karen@x.test> het volgende geschreven:',
    ],
  },
  {
    language: 'da',
    opens: ['den', 'd', 'd.'],
    verbs: ['skrev', 'skrev folgende'],
    samples: ['Den man. 23. nov. 2026 kl. 10.00 skrev Karen <karen@x.test>:'],
  },
  {
    language: 'nb',
    opens: ['den', 'pa', 'man.'],
    verbs: ['skrev', 'skrev folgende den', 'skreiv'],
    samples: ['man. 23. nov. 2026 kl. 10:00 skrev Karen <karen@x.test>:'],
  },
  {
    language: 'sv',
    opens: ['den'],
    verbs: ['skrev', 'skrev foljande', 'foljande'],
    samples: [
      'Den mån 23 nov. 2026 kl 10:00 skrev Karen <karen@x.test>:',
      'mån 23 nov. 2026 kl. 10:00 skrev Karen <karen@x.test>:',
    ],
  },
  {
    language: 'fi',
    opens: [],
    verbs: ['kirjoitti'],
    samples: [
      'ma 23. marrask. 2026 klo 10.00 Karen (karen@x.test) kirjoitti:',
      'Karen <karen@x.test> kirjoitti 23.11.2026 kello 10.00:',
    ],
  },
  {
    language: 'et',
    opens: ['kuupaeval', 'kuupaev'],
    verbs: ['kirjutas'],
    samples: ['Kuupäev E, 23. november 2026 kell 10:00 kirjutas Karen <karen@x.test>:'],
  },
  {
    language: 'lv',
    opens: [],
    verbs: ['rakstija'],
    samples: ['pirmd., 2026. g. 23. nov., plkst. 10:00 — lietotājs Karen (<karen@x.test>) rakstīja:'],
  },
  {
    language: 'lt',
    opens: [],
    verbs: ['rase'],
    samples: ['2026-11-23, pr, 10:00 Karen <karen@x.test> rašė:'],
  },
  {
    language: 'pl',
    opens: ['w dniu', 'dnia', 'wiadomosc napisana przez', 'pon'],
    verbs: ['napisal', 'napisala', 'napisal(a)', 'pisze', 'wiadomosc napisana przez'],
    samples: [
      'pon., 23 lis 2026 o 10:00 Karen <karen@x.test> napisał(a):',
      'W dniu 2026-11-23 10:00, Karen pisze:',
      'Wiadomość napisana przez Karen <karen@x.test> w dniu 23 lis 2026, o godz. 10:00:',
    ],
  },
  {
    language: 'cs',
    opens: ['dne'],
    verbs: ['napsal', 'napsala', 'napsal(a)', 'odeslal'],
    samples: [
      'po 23. 11. 2026 v 10:00 odesílatel Karen <karen@x.test> napsal:',
      'Dne 23. 11. 26 v 10:00 Karen napsal(a):',
    ],
  },
  {
    language: 'sk',
    opens: ['dna'],
    verbs: ['napisal', 'napisala', 'napisal(a)'],
    samples: ['po 23. 11. 2026 o 10:00 Karen <karen@x.test> napísal(a):'],
  },
  {
    language: 'sl',
    opens: ['dne', 'v'],
    verbs: ['je napisala oseba', 'je napisal', 'je napisal/-a', 'je oseba'],
    samples: [
      'V pon., 23. nov. 2026 ob 10:00 je oseba Karen <karen@x.test> napisala:',
      'Dne 23. 11. 2026 ob 10:00 je Karen <karen@x.test> je napisal:',
    ],
  },
  {
    language: 'hr',
    opens: ['dana', 'u', 'na'],
    verbs: ['napisao je', 'napisala je', 'je napisao', 'je napisao/la', 'napisao je/la'],
    samples: ['pon, 23. stu 2026. u 10:00 Karen <karen@x.test> napisao je:'],
  },
  {
    language: 'sr',
    opens: [],
    verbs: ['је написао/ла', 'је написао', 'је написала', 'написао је'],
    samples: ['пон, 23. нов 2026. у 10:00 Karen <karen@x.test> је написао/ла:'],
  },
  {
    language: 'hu',
    opens: [],
    verbs: ['ezt irta', 'irta', 'ezt irta (idopont'],
    samples: [
      'Karen <karen@x.test> ezt írta (időpont: 2026. nov. 23., H, 10:00):',
      '2026. 11. 23. 10:00 keltezéssel, Karen írta:',
    ],
  },
  {
    language: 'tr',
    opens: [],
    verbs: ['sunu yazdi', 'yazdi', 'tarihinde sunu yazdi'],
    samples: ['Karen <karen@x.test>, 23 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:'],
  },
  {
    language: 'ru',
    opens: [],
    verbs: ['пишет', 'писал', 'писала', 'писал(а)', 'написал', 'написала', 'написал(а)'],
    samples: ['пн, 23 нояб. 2026 г. в 10:00, Karen <karen@x.test>:', '23.11.2026 10:00, Karen пишет:'],
  },
  {
    language: 'uk',
    opens: [],
    verbs: ['пише', 'писав', 'писала', 'написав', 'написала', 'написав(-ла)'],
    samples: ['пн, 23 лист. 2026 р. о 10:00 Karen <karen@x.test> пише:'],
  },
  {
    language: 'be',
    opens: [],
    verbs: ['піша', 'напісаў', 'напісала'],
    samples: ['23 лістапада 2026 г. у 10:00 Karen <karen@x.test> напісаў:'],
  },
  {
    language: 'bg',
    opens: ['на'],
    verbs: ['написа'],
    samples: ['На пн, 23.11.2026 г. в 10:00 Karen <karen@x.test> написа:'],
  },
  {
    language: 'mk',
    opens: ['на'],
    verbs: ['напиша'],
    samples: ['На пон., 23 ноем. 2026 г. во 10:00 Karen <karen@x.test> напиша:'],
  },
  {
    language: 'el',
    opens: ['στις'],
    verbs: ['εγραψε', 'εγραψε τα εξης'],
    samples: ['Στις Δευ 23 Νοε 2026 στις 10:00 π.μ., ο/η Karen <karen@x.test> έγραψε:'],
  },
  {
    language: 'he',
    opens: [],
    verbs: ['מאת', 'כתב', 'כתבה', 'כתב/ה'],
    samples: [
      'בתאריך יום ב׳, 23 בנוב׳ 2026 ב-10:00 מאת Karen <karen@x.test>:',
      'ב-23 בנוב׳ 2026, Karen <karen@x.test> כתב/ה:',
    ],
  },
  {
    language: 'ar',
    opens: [],
    verbs: ['كتب', 'كتبت', 'كتب/كتبت'],
    samples: [
      'في الاثنين، ٢٣ نوفمبر ٢٠٢٦ في ١٠:٠٠ ص تمت كتابة ما يلي بواسطة Karen <karen@x.test>:',
      'في ٢٣ نوفمبر ٢٠٢٦، Karen <karen@x.test> كتب:',
    ],
  },
  {
    language: 'fa',
    opens: [],
    verbs: ['نوشت'],
    samples: ['در تاریخ دوشنبه ۲۳ نوامبر ۲۰۲۶، ۱۰:۰۰ Karen <karen@x.test> نوشت:'],
  },
  {
    language: 'hi',
    opens: [],
    verbs: ['ने लिखा'],
    samples: ['सोम, 23 नव॰ 2026 को 10:00 बजे को Karen <karen@x.test> ने लिखा:'],
  },
  {
    language: 'th',
    opens: [],
    verbs: ['เขียนว่า'],
    samples: ['ในวันที่ จ. 23 พ.ย. 2026 เวลา 10:00 Karen <karen@x.test> เขียนว่า:'],
  },
  {
    language: 'vi',
    opens: ['vao', 'vao luc', 'vao ngay'],
    verbs: ['da viet', 'viet'],
    samples: ['Vào 10:00, Th 2, 23 thg 11, 2026 Karen <karen@x.test> đã viết:'],
  },
  {
    language: 'id',
    opens: ['pada'],
    verbs: ['menulis'],
    samples: ['Pada Sen, 23 Nov 2026 10.00, Karen <karen@x.test> menulis:'],
  },
  {
    language: 'zh',
    opens: [],
    verbs: ['写道', '寫道', '于', '於'],
    samples: [
      'Karen <karen@x.test> 于2026年11月23日周一 10:00写道：',
      '在 2026年11月23日，上午10:00，Karen <karen@x.test> 写道：',
    ],
  },
  {
    language: 'ja',
    opens: [],
    verbs: ['のメール', 'が書き込みました', 'のメッセージ'],
    samples: ['2026年11月23日(月) 10:00 Karen <karen@x.test>:', '2026/11/23 10:00、Karen <karen@x.test>のメール：'],
  },
  {
    language: 'ko',
    opens: [],
    verbs: ['작성', '님이 작성'],
    samples: ['2026년 11월 23일 (월) 오전 10:00, Karen <karen@x.test>님이 작성:'],
  },
];
