/**
 * How mail programs introduce the mail they quote, by language. Data only: a new language or client is a line here and
 * one more fixture pair.
 */
export interface QuoteLanguage {
  /** BCP 47; `und` for what is the same in all. */
  language: string;
  /** Whole attribution lines, already joined when they were wrapped: `On … Karen wrote:`. */
  attributions: RegExp[];
  /** The words between the dashes of `-----Original Message-----`, lower-case. */
  separators: string[];
  /** The words of the line above a mail that was passed on, lower-case: between dashes, or before a colon. */
  forwards: string[];
  /** The labels of the header that Outlook and forwards repeat, lower-case: the sender's first, any two others below it. */
  headerLabels: { from: string[]; date: string[]; subject: string[]; others: string[] };
  /** The line we write into our own mail, lower-case: what stands below it is ours. */
  boundaries: string[];
}

export const QUOTE_LANGUAGES: QuoteLanguage[] = [
  {
    // Older Gmail, Yandex and several phones: a date, a name, an address, and no word of any language.
    language: 'und',
    attributions: [/^\d.*<[^<>\s@]+@[^<>\s@]+>\s?:$/],
    separators: [],
    forwards: [],
    headerLabels: { from: [], date: [], subject: [], others: [] },
    boundaries: [],
  },
  {
    language: 'en',
    attributions: [/^On\s.+\swrote\s?:$/, /^.+@.+\swrote on\s.+:$/],
    separators: ['original message', 'original appointment'],
    forwards: ['forwarded message', 'begin forwarded message'],
    headerLabels: {
      from: ['from'],
      date: ['sent', 'date'],
      subject: ['subject'],
      others: ['to', 'cc', 'reply-to', 'importance'],
    },
    boundaries: ['reply above this line', 'please reply above this line', 'please type your reply above this line'],
  },
  {
    language: 'de',
    attributions: [/^Am\s.+\sschrieb\s?.*:$/, /^.+@.+\sschrieb am\s.+:$/],
    separators: ['ursprüngliche nachricht', 'originalnachricht', 'original-nachricht', 'ursprünglicher termin'],
    forwards: ['weitergeleitete nachricht', 'anfang der weitergeleiteten nachricht'],
    headerLabels: {
      from: ['von'],
      date: ['gesendet', 'datum'],
      subject: ['betreff'],
      others: ['an', 'cc', 'antwort an', 'priorität'],
    },
    boundaries: ['bitte oberhalb dieser zeile antworten', 'bitte antworten sie oberhalb dieser zeile'],
  },
  {
    language: 'fr',
    attributions: [/^Le\s.+\sa écrit\s?:$/],
    separators: ["message d'origine", 'message d’origine', 'message original'],
    forwards: ['message transféré', 'début du message transféré', 'début du message réexpédié'],
    headerLabels: {
      from: ['de', 'expéditeur'],
      date: ['envoyé', 'date'],
      subject: ['objet'],
      others: ['à', 'cc', 'répondre à'],
    },
    boundaries: [],
  },
  {
    language: 'es',
    attributions: [/^El\s.+\sescribió\s?:$/],
    separators: ['mensaje original'],
    forwards: ['mensaje reenviado', 'inicio del mensaje reenviado'],
    headerLabels: {
      from: ['de'],
      date: ['enviado', 'enviado el', 'fecha'],
      subject: ['asunto'],
      others: ['para', 'cc'],
    },
    boundaries: [],
  },
  {
    language: 'it',
    attributions: [/^(?:Il|In data)\s.+\sha scritto\s?:$/],
    separators: ['messaggio originale'],
    forwards: ['messaggio inoltrato', 'inizio messaggio inoltrato'],
    headerLabels: { from: ['da'], date: ['inviato', 'data'], subject: ['oggetto'], others: ['a', 'cc'] },
    boundaries: [],
  },
  {
    language: 'nl',
    attributions: [/^Op\s.+\sschreef\s?.*:$/, /^.+@.+\sschreef op\s.+:$/],
    separators: ['oorspronkelijk bericht', 'origineel bericht'],
    forwards: ['doorgestuurd bericht', 'begin doorgestuurd bericht'],
    headerLabels: { from: ['van'], date: ['verzonden', 'datum'], subject: ['onderwerp'], others: ['aan', 'cc'] },
    boundaries: [],
  },
  {
    language: 'pt',
    attributions: [/^(?:Em|A|No dia)\s.+\sescreveu\s?:$/],
    separators: ['mensagem original'],
    forwards: ['mensagem encaminhada', 'início da mensagem encaminhada', 'início da mensagem reencaminhada'],
    headerLabels: {
      from: ['de'],
      date: ['enviado', 'enviada', 'enviada em', 'data'],
      subject: ['assunto'],
      others: ['para', 'cc'],
    },
    boundaries: [],
  },
];

/** A subject that says the mail below was passed on, in the words of the same languages. */
export const FORWARD_SUBJECT = /^\s*(?:fwd?|wg|tr|rv|i|doorst|enc|vs)\s*:/i;
