import { type Document, isMap, isScalar, visit } from 'yaml';

/** A place where a docket.yaml is no YAML, or more of it than we take. */
export interface SyntaxProblem {
  offset: number;
  message: string;
}

/**
 * Where the text is not the YAML that we take, and what to do about it. Of faults in the structure only the first is told: what
 * comes after it was read wrong. The library's own messages are kept only where they cannot repeat the file: what stands there
 * may be a secret.
 */
export function findSyntaxProblems(document: Document.Parsed): SyntaxProblem[] {
  const found = [...document.errors, ...document.warnings].toSorted((a, b) => a.pos[0] - b.pos[0]);
  const structural = found.find(({ code }) => !APART.has(code));
  if (structural !== undefined) return [asProblem(document, structural)];
  const problems = found.map((error) => asProblem(document, error));
  visit(document, {
    Alias(_, node) {
      problems.push({
        offset: node.range?.[0] ?? 0,
        message: 'aliases are not supported: write the value out here',
      });
    },
  });
  if (problems.length === 0 && document.contents !== null && !isMap(document.contents))
    problems.push({ offset: 0, message: 'expected sections such as "mailboxes:", each on a line of its own' });
  return problems;
}

/** Faults that leave the rest of the file readable. */
const APART: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'BAD_ALIAS', 'TAG_RESOLVE_FAILED', 'NON_STRING_KEY']);

interface LibraryError {
  code: string;
  message: string;
  pos: [number, number];
}

function asProblem(document: Document.Parsed, { code, message, pos }: LibraryError): SyntaxProblem {
  if (/^Missing closing ['"]quote/.test(message)) return { offset: openQuote(document) ?? pos[0], message: OPEN_QUOTE };
  const ours = MESSAGES.find(([of, says]) => (of === '' || of === code) && says.test(message))?.[2];
  return { offset: pos[0], message: ours ?? `not YAML: ${message}; look at this line and at the one above it` };
}

const OPEN_QUOTE = 'the quote that begins here is never closed: close it at the end of the text';

/** The library tells of it at the end of the file, where it went on looking. */
function openQuote(document: Document.Parsed): number | undefined {
  let offset: number | undefined;
  visit(document, {
    Scalar(_, node) {
      if (isScalar(node) && /^QUOTE/.test(node.type ?? '')) offset = node.range?.[0];
    },
  });
  return offset;
}

/** By code and words of the library (yaml 2.9), what we say instead. */
const MESSAGES: readonly [code: string, says: RegExp, message: string][] = [
  ['TAB_AS_INDENT', /./, 'a tab stands here: indent with spaces'],
  ['DUPLICATE_KEY', /./, 'this name already stands in the same group: remove one of the two'],
  ['BAD_ALIAS', /./, 'not YAML: put text that begins with * or & in quotes'],
  ['TAG_RESOLVE_FAILED', /./, 'not YAML: put text that begins with ! in quotes'],
  ['MULTIPLE_DOCS', /./, 'the file holds several documents: remove the line ---'],
  ['RESOURCE_EXHAUSTION', /./, 'nested too deeply: write fewer brackets inside one another'],
  ['NON_STRING_KEY', /./, 'expected a name before the colon'],
  ['', /end with a [\]}]/, 'the bracket that was opened above is not closed: close it before this line'],
  ['', /^Implicit map keys need to be followed/, 'expected a colon and a space between name and value'],
  ['', /^Sequence item without -/, 'this line is indented less than its group: align it with the names above it'],
  [
    'BAD_INDENT',
    /./,
    'this line does not line up with its group: align it with the lines above, and put a space behind a dash',
  ],
  [
    'BLOCK_AS_IMPLICIT_KEY',
    /./,
    'a second name begins here: put a text that has a colon in it in quotes, and line up the names of a group',
  ],
  ['MULTILINE_IMPLICIT_KEY', /./, 'a name must end on its line: look for a colon or a quote that is missing above'],
  ['BAD_SCALAR_START', /./, 'a text cannot begin with this sign: put it in quotes'],
  ['MISSING_CHAR', /^Missing , /, 'a comma is missing between two items'],
];
