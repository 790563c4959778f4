/** What people thank with, and the courtesies that may stand around it, in one language. */
interface ThanksLanguage {
  language: string;
  /** One of them must be there. */
  thanks: readonly string[];
  /** Greetings, what the thanks is for, praise, good wishes and closings: nothing that asks, tells or doubts. */
  around: readonly string[];
}

/**
 * Thanks as people write it, without signs. "In advance" is missing on purpose, in every language: who thanks in advance wants
 * something. So is every word that tells how it went: "it works" is news, and "works" is also in "nothing works".
 */
export const THANKS_LANGUAGES: readonly ThanksLanguage[] = [
  {
    language: 'en',
    thanks: [
      'thanks',
      'thank you',
      'thankyou',
      'thx',
      'thnx',
      'many thanks',
      'much obliged',
      'much appreciated',
      'i appreciate it',
      'i really appreciate it',
      'i appreciate your help',
    ],
    around: [
      'hi hello dear hey all everyone team there guys and you both ok okay great perfect excellent wonderful brilliant awesome super',
      'so|very much|so much|a lot|a million|a bunch|again|once again|kindly|indeed|too',
      'for|for your help|for the help|for your quick help|for the quick help|for your time|for your support|for your assistance',
      'for your reply|for the reply|for your quick reply|for the quick reply|for your answer|for the quick answer|for your patience',
      'for your response|for the quick response|for your prompt response|for the information|for the info|for everything',
      'for your fast help|for the fast help|for your fast reply|for the fast reply|for the fast response|for the great service|for the great support',
      'great service|great support|great job|good job|good service|excellent service|excellent support|very helpful|well done',
      'that is great|that s great|have a nice day|have a great day|have a good day|have a nice weekend|have a great weekend',
      'cheers|best|best wishes|best regards|kind regards|warm regards|regards|yours sincerely|sincerely|all the best|take care',
    ],
  },
  {
    language: 'de',
    thanks: [
      'danke',
      'dankeschön',
      'danke schön',
      'danke sehr',
      'vielen dank',
      'vielen lieben dank',
      'besten dank',
      'herzlichen dank',
      'tausend dank',
      'lieben dank',
      'ich danke ihnen',
      'ich danke dir',
      'ich bedanke mich',
      'merci',
    ],
    around: [
      'hallo hi guten tag morgen liebe lieber sehr geehrte geehrter frau herr damen und herren zusammen team ok okay super prima perfekt',
      'toll klasse wunderbar bestens ihnen dir euch auch nochmals nochmal herzlich',
      'für|für ihre hilfe|für die hilfe|für die schnelle hilfe|für ihre schnelle hilfe|für deine hilfe|für eure hilfe',
      'für die antwort|für die schnelle antwort|für ihre antwort|für die rückmeldung|für die schnelle rückmeldung|für ihre mühe',
      'für ihre unterstützung|für die unterstützung|für die info|für die information|für alles|für ihre geduld',
      'einen schönen tag|einen schönen tag noch|schönen tag noch|schönes wochenende|schönen abend',
      'viele grüße|liebe grüße|beste grüße|freundliche grüße|mit freundlichen grüßen|mit besten grüßen|schöne grüße|grüße|gruß',
      'viele grüsse|liebe grüsse|beste grüsse|freundliche grüsse|mit freundlichen grüssen|mfg|lg|vg',
    ],
  },
  {
    language: 'fr',
    thanks: ['merci', 'merci beaucoup', 'mille mercis', 'un grand merci', 'je vous remercie', 'je te remercie'],
    around: [
      'bonjour bonsoir salut madame monsieur et à vous tous toute équipe ok parfait super génial encore bien infiniment',
      'pour|pour votre aide|pour l aide|pour ton aide|pour votre réponse|pour votre réponse rapide|pour votre rapidité',
      'pour votre réactivité|pour tout|pour votre temps|pour votre patience|de votre aide|de votre réponse',
      'bonne journée|bonne soirée|bon week end|cordialement|bien cordialement|bien à vous|sincères salutations',
    ],
  },
  {
    language: 'es',
    thanks: ['gracias', 'muchas gracias', 'muchísimas gracias', 'mil gracias', 'le agradezco', 'te lo agradezco'],
    around: [
      'hola buenos días buenas tardes estimado estimada y a todos equipo ok vale perfecto genial estupendo de nuevo otra vez',
      'por|por su ayuda|por la ayuda|por tu ayuda|por su respuesta|por la respuesta|por la rápida respuesta|por todo|por su tiempo',
      'que tenga un buen día|buen día|buen fin de semana|un saludo|saludos|saludos cordiales|atentamente',
    ],
  },
  {
    language: 'it',
    thanks: ['grazie', 'grazie mille', 'molte grazie', 'mille grazie', 'vi ringrazio', 'la ringrazio', 'ti ringrazio'],
    around: [
      'ciao buongiorno buonasera salve gentile gentili e a tutti team ok perfetto ottimo benissimo ancora infinite di cuore tutto',
      'per|per l aiuto|per il vostro aiuto|per il suo aiuto|per la risposta|per la rapida risposta|per la disponibilità|per il supporto',
      'buona giornata|buona serata|buon fine settimana|cordiali saluti|distinti saluti|saluti|un saluto',
    ],
  },
  {
    language: 'pt',
    thanks: ['obrigado', 'obrigada', 'muito obrigado', 'muito obrigada', 'agradeço', 'agradeço a ajuda', 'valeu'],
    around: [
      'olá oi bom dia boa tarde prezado prezada prezados e a todos equipe equipa ok perfeito ótimo excelente mais uma vez',
      'por|pela ajuda|pela resposta|pela rápida resposta|pelo apoio|pelo suporte|pela atenção|por tudo',
      'tenha um bom dia|bom fim de semana|cumprimentos|com os melhores cumprimentos|atenciosamente|abraço|abraços',
    ],
  },
  {
    language: 'nl',
    thanks: [
      'bedankt',
      'dank u',
      'dank je',
      'dank u wel',
      'dank je wel',
      'dankjewel',
      'hartelijk dank',
      'heel erg bedankt',
    ],
    around: [
      'hallo hoi goedemorgen goedemiddag beste geachte heer mevrouw en allen team ok oké prima perfect super top nogmaals hartelijk',
      'voor|voor uw hulp|voor je hulp|voor de hulp|voor de snelle hulp|voor het antwoord|voor uw antwoord|voor de snelle reactie|voor alles',
      'fijne dag|fijne dag nog|fijn weekend|groet|groeten|met vriendelijke groet|met vriendelijke groeten|vriendelijke groet|mvg',
    ],
  },
  {
    language: 'sv',
    thanks: ['tack', 'tack så mycket', 'tusen tack', 'stort tack', 'tackar'],
    around: [
      'hej god morgon och alla ok okej perfekt toppen bra igen',
      'för|för hjälpen|för din hjälp|för er hjälp|för svaret|för snabbt svar|för allt',
      'ha en bra dag|trevlig helg|hälsningar|vänliga hälsningar|med vänliga hälsningar|mvh|vänligen',
    ],
  },
  {
    language: 'da',
    // Never `tak` alone: that is yes in Polish and Czech.
    thanks: [
      'mange tak',
      'tusind tak',
      'tak skal du have',
      'tak skal i have',
      'tak for hjælpen',
      'tak for svaret',
      'tak for alt',
    ],
    around: [
      'hej og alle ok perfekt fint igen',
      'for|for hjælpen|for din hjælp|for jeres hjælp|for svaret|for det hurtige svar|for alt',
      'god dag|god weekend|hilsen|venlig hilsen|med venlig hilsen|mange hilsner|mvh|vh',
    ],
  },
  {
    language: 'nb',
    thanks: ['takk', 'tusen takk', 'mange takk', 'takk skal du ha'],
    around: [
      'hei og alle ok perfekt fint igjen',
      'for|for hjelpen|for hjelp|for svaret|for raskt svar|for alt',
      'ha en fin dag|god helg|hilsen|vennlig hilsen|med vennlig hilsen|mvh',
    ],
  },
  {
    language: 'fi',
    thanks: ['kiitos', 'kiitoksia', 'paljon kiitoksia', 'kiitos paljon', 'suuri kiitos', 'kiitti'],
    around: [
      'hei moi ja kaikille ok hienoa loistavaa vielä',
      'avusta|avustanne|avustasi|vastauksesta|nopeasta vastauksesta|kaikesta',
      'hyvää päivänjatkoa|hyvää viikonloppua|terveisin|ystävällisin terveisin',
    ],
  },
  {
    language: 'pl',
    thanks: ['dziękuję', 'dziekuje', 'dziękujemy', 'dzięki', 'dzieki', 'bardzo dziękuję', 'serdecznie dziękuję'],
    around: [
      'dzień dobry witam cześć szanowni państwo i ok super świetnie doskonale bardzo serdecznie jeszcze raz',
      'za|za pomoc|za szybką pomoc|za odpowiedź|za szybką odpowiedź|za informację|za wszystko',
      'miłego dnia|miłego weekendu|pozdrawiam|pozdrawiam serdecznie|z poważaniem|pozdrowienia',
    ],
  },
  {
    language: 'cs',
    thanks: ['děkuji', 'děkuju', 'dekuji', 'díky', 'diky', 'moc děkuji', 'mockrát děkuji', 'děkujeme'],
    around: [
      'dobrý den ahoj a ok super skvělé výborně moc ještě jednou',
      'za|za pomoc|za rychlou pomoc|za odpověď|za rychlou odpověď|za informaci|za vše',
      'hezký den|pěkný den|hezký víkend|s pozdravem|zdravím',
    ],
  },
  {
    language: 'hu',
    thanks: ['köszönöm', 'köszönöm szépen', 'nagyon köszönöm', 'köszönjük', 'köszi', 'hálásan köszönöm'],
    around: [
      'szia helló jó napot kedves és ok szuper tökéletes még egyszer',
      'a segítséget|a segítségét|a gyors segítséget|a választ|a gyors választ|mindent',
      'szép napot|üdvözlettel|üdv',
    ],
  },
  {
    language: 'ro',
    thanks: ['mulțumesc', 'multumesc', 'mulțumesc mult', 'vă mulțumesc', 'va multumesc', 'mersi'],
    around: [
      'bună ziua salut și ok perfect super frumos mult',
      'pentru|pentru ajutor|pentru răspuns',
      'o zi bună|cu stimă',
    ],
  },
  {
    language: 'tr',
    thanks: [
      'teşekkürler',
      'tesekkurler',
      'teşekkür ederim',
      'tesekkur ederim',
      'çok teşekkürler',
      'sağ olun',
      'sağolun',
    ],
    around: [
      'merhaba selam iyi günler ve tamam harika süper çok tekrar',
      'yardımınız için|yardım için|cevabınız için|hızlı cevabınız için|ilginiz için|her şey için',
      'iyi çalışmalar|saygılar|saygılarımla|selamlar',
    ],
  },
  {
    language: 'ru',
    thanks: ['спасибо', 'большое спасибо', 'спасибо большое', 'благодарю', 'благодарю вас', 'огромное спасибо'],
    around: [
      'здравствуйте добрый день привет и вам всем ок отлично прекрасно супер ещё еще раз',
      'за|за помощь|за быструю помощь|за ответ|за быстрый ответ|за информацию|за всё|за все',
      'хорошего дня|всего доброго|с уважением',
    ],
  },
  {
    language: 'uk',
    thanks: ['дякую', 'щиро дякую', 'дуже дякую', 'красно дякую', 'спасибі'],
    around: [
      'доброго дня добрий день вітаю привіт і та вам ок чудово супер ще раз',
      'за|за допомогу|за швидку допомогу|за відповідь|за швидку відповідь|за все',
      'гарного дня|з повагою',
    ],
  },
  {
    language: 'el',
    thanks: ['ευχαριστώ', 'ευχαριστώ πολύ', 'σας ευχαριστώ', 'σας ευχαριστώ πολύ', 'ευχαριστούμε'],
    around: [
      'καλημέρα καλησπέρα γεια και ok τέλεια',
      'για|για τη βοήθεια|για την απάντηση',
      'καλή συνέχεια|με εκτίμηση',
    ],
  },
  {
    language: 'ja',
    thanks: [
      'ありがとうございます',
      'ありがとうございました',
      'ありがとう',
      '誠にありがとうございます',
      'ご対応ありがとうございます',
      'ご対応ありがとうございました',
      '迅速なご対応ありがとうございました',
      '感謝いたします',
    ],
    around: [
      'お世話になっております 様 どうも',
      'ご対応いただき|迅速なご対応|助かりました',
      'よろしくお願いいたします',
    ],
  },
  {
    language: 'zh',
    thanks: [
      '谢谢',
      '謝謝',
      '多谢',
      '多謝',
      '非常感谢',
      '非常感謝',
      '感谢',
      '感謝',
      '谢谢您',
      '謝謝您',
      '谢谢你',
      '十分感谢',
    ],
    around: ['您好 你好 好的', '您的帮助|你的帮助|您的幫助|感谢您的帮助', '祝好'],
  },
  {
    language: 'ko',
    thanks: ['감사합니다', '고맙습니다', '대단히 감사합니다', '정말 감사합니다', '감사드립니다'],
    around: ['안녕하세요 네', '도움 주셔서|도와주셔서|답변', '수고하세요'],
  },
  {
    language: 'ar',
    thanks: ['شكرا', 'شكرًا', 'شكرا جزيلا', 'شكرًا جزيلًا', 'شكرا لكم', 'شكرا لك', 'أشكركم'],
    around: ['مرحبا', 'على مساعدتكم|على المساعدة|على الرد', 'مع تحياتي|تحياتي'],
  },
  {
    language: 'he',
    thanks: ['תודה', 'תודה רבה', 'המון תודה', 'אני מודה לכם'],
    around: ['שלום היי', 'על העזרה|על המענה|על המענה המהיר', 'יום טוב|בברכה'],
  },
];
