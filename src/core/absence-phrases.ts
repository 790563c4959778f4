/** How absence notes and other automatic answers are worded in one language. Evidence only: people use the same words. */
export interface AbsencePhrases {
  /** BCP 47. */
  language: string;
  /** What mail programs write before the subject they answer, or as the whole subject; no colon. */
  prefixes: string[];
  /** What such a note says of itself or of the absence, near its beginning. */
  bodies: RegExp;
  sample: { subject: string; body: string };
}

/** By language. Prefixes are the ones that Outlook, Exchange, Gmail, Notes and vacation programs set in that language. */
export const ABSENCE_PHRASES: readonly AbsencePhrases[] = [
  {
    language: 'en',
    prefixes: [
      'automatic reply',
      'auto-reply',
      'auto reply',
      'autoreply',
      'automated reply',
      'automatic response',
      'auto response',
      'auto-response',
      'autoresponse',
      'automated response',
      'out of office',
      'out of the office',
      'out of office reply',
      'out of office autoreply',
      'out of office auto-reply',
      'away from the office',
      'away from my mail',
      'vacation reply',
      'vacation response',
      'vacation',
    ],
    bodies:
      /\b(?:i am|i'm|i will be|i'll be|we are|currently|is|am) (?:currently |presently |now )?(?:out of (?:the )?office|away from (?:the|my) (?:office|desk|e-?mail|mail)|on (?:annual |parental |maternity |sick |medical |paid )?(?:leave|vacation|holidays?)|travell?ing with limited|out on)\b|limited access to (?:my )?e-?mails?|this is an auto(?:mated|matic)(?:ally generated)? (?:reply|response|message|e-?mail)|(?:your (?:message|e-?mail) (?:has been|was) (?:received|not read)).{0,80}automat|thank(?:s| you) for (?:your|you) (?:e-?mail|message|mail)\b.{0,120}(?:reply|respond|answer|get back to you) (?:to you )?(?:as soon as|shortly|within)|i will (?:reply|respond|get back to you|read your (?:message|mail)) (?:upon|on|when|after|once) (?:my return|i return|i get back|i am back|i'm back)/i,
    sample: {
      subject: 'Automatic reply: Mobile banking',
      body: 'Thank you for your message. I am currently out of the office until Monday.',
    },
  },
  {
    language: 'de',
    prefixes: [
      'automatische antwort',
      'abwesenheitsnotiz',
      'abwesenheitsmeldung',
      'abwesenheit',
      'abwesend',
      'autom. antwort',
      'abwesenheitsassistent',
    ],
    bodies:
      /\b(?:ich bin|bin ich|wir sind|ist) .{0,60}(?:nicht im (?:büro|hause?)|abwesend|außer haus|ausser haus|im urlaub|nicht (?:erreichbar|am arbeitsplatz)|in elternzeit)|automatisch (?:generierte|erzeugte|erstellte)|wieder (?:im büro|erreichbar|für sie da)|(?:ihre|deine) (?:e-?mail|nachricht) wird nicht (?:weitergeleitet|gelesen)/i,
    sample: { subject: 'Abwesenheitsnotiz: Rechnung', body: 'Guten Tag, ich bin vom 3. bis 7. August nicht im Büro.' },
  },
  {
    language: 'fr',
    prefixes: [
      'réponse automatique',
      'absence du bureau',
      "message d'absence",
      'réponse automatique d’absence',
      'absent',
      'absente',
      'absence',
    ],
    bodies:
      /\bje (?:suis|serai) (?:actuellement |momentanément )?(?:absente?|en (?:congés?|vacances|déplacement)|hors du bureau|de retour)|actuellement (?:absente?|en congés?|en vacances)|(?:réponse|message) (?:est )?(?:automatique|généré automatiquement)|accès limité à (?:ma messagerie|mes e-?mails)/i,
    sample: { subject: 'Réponse automatique : Facture', body: 'Bonjour, je suis actuellement absente du bureau.' },
  },
  {
    language: 'es',
    prefixes: [
      'respuesta automática',
      'respuesta automatica',
      'fuera de la oficina',
      'fuera de oficina',
      'ausente',
      'respuesta de ausencia',
    ],
    bodies:
      /\b(?:estoy|estaré|me encuentro|me encontraré) (?:actualmente )?(?:fuera de (?:la )?oficina|ausente|de (?:vacaciones|baja|viaje|permiso))|(?:respuesta|mensaje) (?:automátic|generad[oa] automática)|acceso limitado (?:a mi|al) correo/i,
    sample: { subject: 'Respuesta automática: Pedido', body: 'Hola, estoy fuera de la oficina hasta el lunes.' },
  },
  {
    language: 'it',
    prefixes: ['risposta automatica', 'fuori sede', 'fuori ufficio', 'assente', 'assenza'],
    bodies:
      /\b(?:sono|sarò) (?:attualmente |momentaneamente )?(?:fuori (?:ufficio|sede)|assente|in (?:ferie|vacanza|trasferta))|(?:risposta|messaggio) (?:è )?(?:automatic|generat[oa] automatic)|accesso limitato alla posta/i,
    sample: { subject: 'Risposta automatica: Ordine', body: 'Buongiorno, sono fuori ufficio fino al 5 agosto.' },
  },
  {
    language: 'pt',
    prefixes: [
      'resposta automática',
      'resposta automatica',
      'fora do escritório',
      'ausência temporária',
      'ausente do escritório',
    ],
    bodies:
      /\b(?:estou|estarei|encontro-me|estaremos) (?:atualmente |temporariamente )?(?:fora do escritório|ausente|de (?:férias|licença)|em (?:férias|viagem))|(?:resposta|mensagem) (?:automática|gerada automaticamente)|acesso limitado (?:ao|aos) e-?mails?/i,
    sample: { subject: 'Resposta automática: Pedido', body: 'Olá, estou fora do escritório até segunda-feira.' },
  },
  {
    language: 'nl',
    prefixes: [
      'automatisch antwoord',
      'afwezigheidsbericht',
      'afwezig',
      'niet aanwezig',
      'automatische reactie',
      'afwezigheidsassistent',
    ],
    bodies:
      /\b(?:ik ben|momenteel|wij zijn) .{0,40}(?:afwezig|niet (?:op kantoor|aanwezig|bereikbaar)|met (?:vakantie|verlof)|op vakantie)|automatisch (?:gegenereerd|antwoord|bericht)|beperkt toegang tot mijn (?:e-?mail|mail)/i,
    sample: { subject: 'Automatisch antwoord: Factuur', body: 'Ik ben tot en met vrijdag niet op kantoor.' },
  },
  {
    language: 'sv',
    prefixes: ['automatiskt svar', 'autosvar', 'frånvaro', 'frånvarande', 'frånvaromeddelande', 'semester'],
    bodies:
      /\bjag (?:är|kommer att vara) .{0,40}(?:inte på kontoret|ledig|på semester|föräldraledig|bortrest|tjänstledig)|detta är ett automatiskt|åter på kontoret|tillbaka på kontoret/i,
    sample: {
      subject: 'Automatiskt svar: Faktura',
      body: 'Hej! Jag är på semester och åter på kontoret den 7 augusti.',
    },
  },
  {
    language: 'da',
    prefixes: ['automatisk svar', 'autosvar', 'fraværsmeddelelse', 'ikke til stede', 'fravær', 'ferie'],
    bodies:
      /\bjeg (?:er|holder) .{0,40}(?:ikke på kontoret|ferie|fraværende|på barsel|på orlov)|dette er et automatisk|tilbage på kontoret/i,
    sample: { subject: 'Automatisk svar: Faktura', body: 'Jeg holder ferie til og med fredag.' },
  },
  {
    language: 'no',
    prefixes: ['automatisk svar', 'fraværsmelding', 'fravær', 'ikke på kontoret', 'ikke til stede'],
    bodies:
      /\bjeg er .{0,40}(?:ikke på kontoret|på ferie|fraværende|ute av kontoret|i permisjon|ikke tilgjengelig)|dette er (?:et|en) automatisk|tilbake på kontoret/i,
    sample: { subject: 'Fraværsmelding: Faktura', body: 'Jeg er ikke på kontoret før mandag.' },
  },
  {
    language: 'fi',
    prefixes: ['automaattinen vastaus', 'poissaoloviesti', 'poissa', 'poissaolo', 'automaattivastaus', 'lomalla'],
    bodies:
      /\bolen .{0,40}(?:poissa|lomalla|matkoilla|vapaalla|tavoittamattomissa)|automaattinen (?:vastaus|viesti)|palaan (?:töihin|toimistolle)/i,
    sample: { subject: 'Automaattinen vastaus: Lasku', body: 'Hei, olen lomalla 7.8. saakka.' },
  },
  {
    language: 'pl',
    prefixes: [
      'automatyczna odpowiedź',
      'odpowiedź automatyczna',
      'autoodpowiedź',
      'autoresponder',
      'nieobecność',
      'nieobecny',
      'poza biurem',
    ],
    bodies:
      /(?:jestem|będę|przebywam) .{0,40}(?:nieobecn|poza biurem|na urlopie|niedostępn)|(?:wiadomość|odpowiedź) (?:jest |została )?(?:automatyczn|wygenerowana automatycznie)|ograniczony dostęp do poczty/i,
    sample: {
      subject: 'Automatyczna odpowiedź: Faktura',
      body: 'Dzień dobry, przebywam obecnie na urlopie do 7 sierpnia.',
    },
  },
  {
    language: 'cs',
    prefixes: ['automatická odpověď', 'mimo kancelář', 'nepřítomnost', 'nepřítomen'],
    bodies:
      /(?:jsem|budu) .{0,40}(?:mimo kancelář|na dovolené|nepřítom|mimo pracoviště)|automatick(?:á odpověď|y generovan|ou odpověď)|mám dovolenou/i,
    sample: { subject: 'Automatická odpověď: Faktura', body: 'Dobrý den, do pátku jsem na dovolené.' },
  },
  {
    language: 'sk',
    prefixes: ['automatická odpoveď', 'mimo kancelárie', 'neprítomnosť', 'mimo kancelárii'],
    bodies:
      /(?:som|budem) .{0,40}(?:mimo kancelári|na dovolenke|neprítomn)|automatick(?:á odpoveď|y generovan)|čerpám dovolenku/i,
    sample: { subject: 'Automatická odpoveď: Faktúra', body: 'Dobrý deň, do piatku som na dovolenke.' },
  },
  {
    language: 'hu',
    prefixes: ['automatikus válasz', 'házon kívül', 'irodán kívül', 'szabadság'],
    bodies:
      /(?:szabadságon vagyok|nem tartózkodom az irodában|irodán kívül|házon kívül vagyok|automatikus válasz|szabadságomat töltöm|nem vagyok az irodában)/i,
    sample: { subject: 'Automatikus válasz: Számla', body: 'Augusztus 7-ig szabadságon vagyok.' },
  },
  {
    language: 'ro',
    prefixes: ['răspuns automat', 'raspuns automat', 'absent de la birou', 'plecat din birou'],
    bodies:
      /(?:sunt|voi fi) .{0,40}(?:în concediu|in concediu|plecat din birou|în afara biroului|absent)|(?:răspuns|mesaj) (?:automat|generat automat)/i,
    sample: { subject: 'Răspuns automat: Factură', body: 'Bună ziua, sunt în concediu până luni.' },
  },
  {
    language: 'ru',
    prefixes: ['автоматический ответ', 'автоответ', 'нет на работе', 'вне офиса', 'отсутствие на работе'],
    bodies:
      /(?:я|меня|буду|нахожусь) .{0,40}(?:в отпуске|вне офиса|отсутству|не будет|нет на (?:работе|рабочем месте)|в командировке)|автоматический ответ|автоматическ(?:ое|и) (?:сообщение|сформирован)|нахожусь в отпуске/i,
    sample: { subject: 'Автоматический ответ: Счёт', body: 'Здравствуйте! Я нахожусь в отпуске до 7 августа.' },
  },
  {
    language: 'uk',
    prefixes: ['автоматична відповідь', 'автовідповідь', 'поза офісом', 'немає на роботі'],
    bodies:
      /(?:я|мене|буду|перебуваю) .{0,40}(?:у відпустці|в відпустці|поза офісом|відсутн|у відрядженні)|автоматична відповідь|перебуваю у відпустці/i,
    sample: { subject: 'Автоматична відповідь: Рахунок', body: 'Вітаю! Я перебуваю у відпустці до 7 серпня.' },
  },
  {
    language: 'bg',
    prefixes: ['автоматичен отговор', 'извън офиса', 'отсъствие'],
    bodies:
      /(?:съм|ще бъда) .{0,40}(?:в отпуск|извън офиса|отсъств)|автоматичен отговор|в момента (?:отсъствам|съм в отпуск)/i,
    sample: { subject: 'Автоматичен отговор: Фактура', body: 'Здравейте, до 7 август съм в отпуск.' },
  },
  {
    language: 'el',
    prefixes: ['αυτόματη απάντηση', 'εκτός γραφείου', 'απουσία'],
    bodies:
      /(?:είμαι|θα είμαι|βρίσκομαι|απουσιάζω).{0,40}(?:εκτός γραφείου|σε άδεια|με άδεια|από το γραφείο)|αυτόματη απάντηση|αυτοματοποιημένο μήνυμα/i,
    sample: { subject: 'Αυτόματη απάντηση: Τιμολόγιο', body: 'Καλημέρα, είμαι εκτός γραφείου έως τη Δευτέρα.' },
  },
  {
    language: 'tr',
    prefixes: ['otomatik yanıt', 'otomatik cevap', 'ofis dışında', 'iş yeri dışında', 'ofis dışındayım'],
    bodies:
      /(?:ofis dışında(?:yım)?|yıllık izinde(?:yim)?|izinde(?:yim| olacağım)|tatilde(?:yim)?|otomatik (?:yanıt|cevap|bir yanıt|olarak (?:gönderil|oluşturul)))/i,
    sample: { subject: 'Otomatik yanıt: Fatura', body: 'Merhaba, 7 Ağustos tarihine kadar yıllık izindeyim.' },
  },
  {
    language: 'ja',
    prefixes: ['自動応答', '自動返信', '不在通知', '不在', '【自動返信】', '(自動応答)'],
    bodies: /(?:不在(?:に|と|のため|して)|休暇(?:中|を|で|のため)|外出中|出張中|自動(?:応答|返信|送信)|席を外して)/,
    sample: { subject: '自動応答: 請求書', body: '現在休暇中のため、8月7日以降にご返信いたします。' },
  },
  {
    language: 'zh',
    prefixes: ['自动答复', '自动回复', '自動回覆', '自動答覆', '不在办公室', '不在辦公室', '休假通知', '自動回復'],
    bodies:
      /(?:自动(?:回复|答复)|自動(?:回覆|答覆|回復)|(?:正在|目前|现在|現在|我).{0,20}(?:休假|度假|出差|外出|不在办公室|不在辦公室))/,
    sample: { subject: '自动答复: 发票', body: '您好，我目前正在休假，8月7日返回。' },
  },
  {
    language: 'ko',
    prefixes: ['자동 회신', '자동 응답', '자동회신', '부재중', '부재 중', '자동 답장'],
    bodies: /(?:부재 ?중|휴가 ?중|출장 ?중|자동 ?(?:회신|응답|답장|발송))/,
    sample: { subject: '자동 회신: 청구서', body: '현재 휴가 중이며 8월 7일에 복귀합니다.' },
  },
  {
    language: 'he',
    prefixes: ['תשובה אוטומטית', 'מענה אוטומטי', 'מחוץ למשרד'],
    bodies: /(?:מחוץ למשרד|בחופשה|תשובה אוטומטית|מענה אוטומטי|הודעה אוטומטית|אינני במשרד)/,
    sample: { subject: 'תשובה אוטומטית: חשבונית', body: 'שלום, אני בחופשה עד יום שני.' },
  },
  {
    language: 'ar',
    prefixes: ['رد تلقائي', 'الرد التلقائي', 'خارج المكتب'],
    bodies: /(?:خارج المكتب|في إجازة|رد تلقائي|رسالة تلقائية|الرد التلقائي)/,
    sample: { subject: 'رد تلقائي: فاتورة', body: 'مرحبا، أنا في إجازة حتى يوم الاثنين.' },
  },
  {
    language: 'hr',
    prefixes: ['automatski odgovor', 'izvan ureda', 'odsutan', 'odsutnost', 'van kancelarije', 'аутоматски одговор'],
    bodies:
      /(?:sam|bit ću|biću) .{0,40}(?:na godišnjem|izvan ureda|odsutn?a?n|van kancelarije|na odmoru)|automatski odgovor|аутоматски одговор|на годишњем одмору|na godišnjem odmoru/i,
    sample: { subject: 'Automatski odgovor: Račun', body: 'Poštovani, do petka sam na godišnjem odmoru.' },
  },
  {
    language: 'sl',
    prefixes: ['samodejni odgovor', 'odsotnost', 'odsoten', 'avtomatski odgovor'],
    bodies:
      /(?:sem|bom) .{0,40}(?:na dopustu|odsot|izven pisarne)|samodejn[io] (?:odgovor|sporočilo)|avtomatski odgovor/i,
    sample: { subject: 'Samodejni odgovor: Račun', body: 'Pozdravljeni, do petka sem na dopustu.' },
  },
  {
    language: 'et',
    prefixes: ['automaatvastus', 'automaatne vastus', 'puhkusel'],
    bodies: /(?:olen|viibin) .{0,40}(?:puhkusel|kontorist eemal|eemal)|automaat(?:vastus|ne)/i,
    sample: { subject: 'Automaatvastus: Arve', body: 'Tere! Viibin puhkusel kuni 7. augustini.' },
  },
  {
    language: 'lv',
    prefixes: ['automātiska atbilde', 'automātiskā atbilde', 'ārpus biroja'],
    bodies: /(?:esmu|atrodos|būšu) .{0,40}(?:atvaļinājumā|ārpus biroja|prombūtnē)|automātisk[aā] atbilde/i,
    sample: { subject: 'Automātiska atbilde: Rēķins', body: 'Labdien, līdz piektdienai esmu atvaļinājumā.' },
  },
  {
    language: 'lt',
    prefixes: ['automatinis atsakymas', 'ne darbe', 'ne biure'],
    bodies:
      /(?:esu|būsiu|šiuo metu) .{0,40}(?:atostog|ne biure|nebūsiu|ne darbe)|automatinis (?:atsakymas|pranešimas)/i,
    sample: { subject: 'Automatinis atsakymas: Sąskaita', body: 'Sveiki, šiuo metu esu atostogose.' },
  },
  {
    language: 'ca',
    prefixes: ['resposta automàtica', "fora de l'oficina"],
    bodies: /(?:soc|estic|estaré|seré) .{0,40}(?:fora de l['’]oficina|de vacances|absent)|resposta automàtica/i,
    sample: { subject: 'Resposta automàtica: Factura', body: "Bon dia, soc fora de l'oficina fins dilluns." },
  },
  {
    language: 'vi',
    prefixes: ['trả lời tự động', 'tự động trả lời', 'vắng mặt', 'phản hồi tự động'],
    bodies:
      /(?:tôi (?:đang|hiện|sẽ) .{0,40}(?:nghỉ phép|vắng mặt|đi công tác|không có mặt)|trả lời tự động|thư tự động|phản hồi tự động)/i,
    sample: { subject: 'Trả lời tự động: Hóa đơn', body: 'Xin chào, tôi hiện đang nghỉ phép đến hết thứ Sáu.' },
  },
  {
    language: 'id',
    prefixes: ['balasan otomatis', 'jawaban otomatis', 'di luar kantor'],
    bodies:
      /(?:saya (?:sedang|akan) .{0,40}(?:cuti|di luar kantor|tidak berada di kantor)|(?:balasan|pesan) otomatis)/i,
    sample: { subject: 'Balasan otomatis: Tagihan', body: 'Halo, saya sedang cuti sampai hari Senin.' },
  },
];
