import { z } from 'zod';
import { nearestWord } from './nearest-word.ts';

/** Building blocks for the shape of files that people write: each says what was expected there, and the nearest right word. */

/** An object of exactly these fields; an unknown one is reported by name, one line of the message for each. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((field) => `unknown field "${field}"${suggestion(field, known)}`).join('\n')
        : `expected fields: ${known.join(', ')}`,
  });
}

export function list<Item extends z.ZodType>(item: Item): z.ZodArray<Item> {
  return z.array(item, 'expected a list: [one, another], or [] for none');
}

/** One value, or a list of them. */
export function oneOrMore<Item extends z.ZodType>(item: Item): z.ZodType<z.output<Item> | z.output<Item>[]> {
  const several = list(item).min(1, 'expected at least one value');
  return delegated((value) => (Array.isArray(value) ? several : item));
}

export function words<const Words extends readonly [string, ...string[]]>(...known: Words): z.ZodType<Words[number]> {
  return z.enum(known, { error: (issue) => `expected ${enumerate(known)}${didYouMean(issue.input, known)}` });
}

export function text(pattern: RegExp, expected: string): z.ZodType<string> {
  return z.string(`expected ${expected}`).regex(pattern, `expected ${expected}`);
}

export function wholeNumber(least: number, most: number): z.ZodType<number> {
  const expected = `expected a whole number from ${least} to ${most}`;
  return z.int(expected).min(least, expected).max(most, expected);
}

/** Objects told apart by the first of these fields that they have. */
export function chosenBy<Choices extends Record<string, z.ZodType>>(
  choices: Choices,
  expected = `expected ${enumerate(Object.keys(choices))}`,
): z.ZodType<z.output<Choices[keyof Choices]>> {
  return delegated((value) => {
    const given = isRecord(value) ? Object.keys(value) : [];
    const chosen = Object.keys(choices).find((choice) => given.includes(choice));
    return chosen === undefined ? expected + didYouMean(given[0], Object.keys(choices)) : choices[chosen];
  });
}

/** One of these words, or an object told apart by one of its fields. */
export function wordOr<const Words extends readonly [string, ...string[]], Choices extends Record<string, z.ZodType>>(
  known: Words,
  choices: Choices,
): z.ZodType<Words[number] | z.output<Choices[keyof Choices]>> {
  const expected = `expected ${enumerate([...known, ...Object.keys(choices).map((choice) => `{ ${choice}: … }`)])}`;
  const word = z.enum(known, { error: (issue) => expected + didYouMean(issue.input, known) });
  const object = chosenBy(choices, expected);
  return delegated((value) => (isRecord(value) ? object : word));
}

/** `a, b or c`. */
export function enumerate(known: readonly string[]): string {
  return known.length < 2 ? known.join() : `${known.slice(0, -1).join(', ')} or ${known.at(-1)}`;
}

/** `; did you mean "x"?` when a known word is near enough, else nothing. */
export function didYouMean(given: unknown, known: Iterable<string>): string {
  const nearest = typeof given === 'string' ? nearestWord(given, known) : null;
  return nearest === null ? '' : `; did you mean "${nearest}"?`;
}

function suggestion(field: string, known: string[]): string {
  return didYouMean(field, known) || `; expected ${enumerate(known)}`;
}

/**
 * Decides by the value which schema reads it. zod's own unions report every branch that did not fit; here only the one
 * that was meant speaks.
 */
function delegated<Output>(choose: (value: unknown) => z.ZodType | string | undefined): z.ZodType<Output> {
  return z.unknown().transform((value, context): Output => {
    const schema = choose(value);
    if (schema === undefined || typeof schema === 'string') {
      context.addIssue({ code: 'custom', message: schema ?? 'not expected here' });
      return z.NEVER;
    }
    const outcome = schema.safeParse(value);
    if (outcome.success) return outcome.data as Output;
    for (const issue of outcome.error.issues)
      context.addIssue({
        code: 'custom',
        path: issue.path,
        message: issue.message,
        params: { unknownFields: unknownFields(issue) },
      });
    return z.NEVER;
  });
}

/** The fields an issue found unknown, at whatever depth of choices it arose. */
export function unknownFields(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'unrecognized_keys') return issue.keys;
  const carried: unknown = issue.code === 'custom' ? issue.params?.unknownFields : undefined;
  return Array.isArray(carried) ? carried.map(String) : [];
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
