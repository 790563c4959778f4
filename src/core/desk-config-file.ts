import { Document, isMap, isNode, isScalar, isSeq, type Pair, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { CONFIG_SECTIONS, type ConfigObject, type ConfigSection, configSections } from './desk-config-diff.ts';
import { findMeaningProblems } from './desk-config-meaning.ts';
import { type DeskConfigFile, deskConfigSchema } from './desk-config-schema.ts';
import type { MeaningProblem } from './desk-config-spot.ts';
import { findSyntaxProblems } from './desk-config-syntax.ts';
import { isRecord, unknownFields } from './schema.ts';

/** One fault of a docket.yaml: where it is and what was expected there. */
export interface FileProblem {
  line: number;
  column: number;
  /** `mailboxes.0.imap.port`; empty for the file as a whole. */
  path: string;
  message: string;
}

export type DeskFileOutcome =
  | { outcome: 'sound'; file: DeskConfigFile }
  | { outcome: 'faulty'; problems: FileProblem[] };

export interface DeskFileContext {
  /** What is stored: references may point into sections that the file leaves out. Null when that is not known. */
  stored: ConfigObject[] | null;
  /** Do stored objects that the file's sections lack go away? */
  prune: boolean;
}

const FILE_BYTES_MAX = 1_048_576;

/**
 * Reads docket.yaml and reports every fault at once: YAML first, then shape and meaning together. Aliases are refused: a
 * few lines of them unfold to gigabytes, and a change would have more than one place.
 */
export function readDeskFile(text: string, context: DeskFileContext): DeskFileOutcome {
  if (text.length > FILE_BYTES_MAX)
    return faulty([{ line: 1, column: 1, path: '', message: `the file is larger than ${FILE_BYTES_MAX} bytes` }]);
  const place = placesIn(text);
  const document = parseDocument(text, { prettyErrors: false, stringKeys: true });
  const syntax = findSyntaxProblems(document);
  if (syntax.length > 0) return faulty(syntax.map(({ offset, message }) => ({ ...place(offset), path: '', message })));

  const written: unknown = document.toJS() ?? {};
  const shape = deskConfigSchema.safeParse(written);
  const found = [
    ...(shape.success ? [] : shape.error.issues.flatMap(spreadIssue)),
    ...meaningProblems(written, context),
  ];
  const problems = found.map((problem) => placeProblem(document, place, problem));
  return shape.success && problems.length === 0 ? { outcome: 'sound', file: shape.data } : faulty(problems);
}

/** `docket.yaml:14:7 departments.0.mailbox: no mailbox "suport"; did you mean "support"?` */
export function formatFileProblem(fileName: string, { line, column, path, message }: FileProblem): string {
  return `${fileName}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`;
}

/** What is stored as a docket.yaml: always the same bytes for the same configuration. */
export function writeDeskFile(objects: ConfigObject[]): string {
  // The schema gives back every field in the order it names them, whatever order the database kept.
  const file = deskConfigSchema.parse(configSections(objects));
  const document = new Document(file);
  visit(document, {
    Collection(_, node, path) {
      // Sections and their objects stand in lines of their own; what is small inside them stays on one line.
      const depth = path.filter((parent) => isMap(parent) || isSeq(parent)).length;
      node.flow = depth > 2 && JSON.stringify(node.toJS(document)).length <= 90;
    },
  });
  return document.toString({ lineWidth: 0, singleQuote: true, flowCollectionPadding: false });
}

function faulty(problems: FileProblem[]): DeskFileOutcome {
  const inOrder = problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const seen = new Set<string>();
  return {
    outcome: 'faulty',
    // Shape and meaning may stumble over the same word: the first to speak has said enough.
    problems: inOrder.filter(({ line, column, path }) => {
      const place = `${line}:${column} ${path}`;
      return !seen.has(place) && seen.add(place);
    }),
  };
}

interface Found {
  path: PropertyKey[];
  message: string;
  /** The field's name is what is wrong, not its value. */
  atName?: boolean;
}

/** One fault for each unknown field, at that field; every other issue as it is. */
function spreadIssue(issue: z.core.$ZodIssue): Found[] {
  const unknown = unknownFields(issue);
  if (unknown.length === 0) return [{ path: issue.path, message: issue.message }];
  const messages = issue.message.split('\n');
  return unknown.map((field, index) => ({
    path: [...issue.path, field],
    message: messages[index] ?? '',
    atName: true,
  }));
}

/** Checks what the desk will be once the file is applied: its own sections, and what is stored of the others. */
function meaningProblems(written: unknown, { stored, prune }: DeskFileContext): Found[] {
  if (!isRecord(written)) return [];
  const after: Record<string, unknown> = { ...written };
  for (const section of Object.keys(CONFIG_SECTIONS) as ConfigSection[]) {
    const kept = stored === null ? [] : keptObjects(stored, section, written[section], prune);
    if (stored !== null && written[section] === undefined) after[section] = kept;
    else if (Array.isArray(written[section])) after[section] = [...written[section], ...kept];
  }
  return findMeaningProblems(after).map((problem) => inFile(written, after, problem));
}

/** The stored objects of a section that remain beside those the file gives. */
function keptObjects(stored: ConfigObject[], section: ConfigSection, written: unknown, prune: boolean): unknown[] {
  if (prune && written !== undefined) return [];
  const given = Array.isArray(written) ? written.map((item) => (isRecord(item) ? item.key : undefined)) : [];
  const objects = stored.filter(({ kind, key }) => kind === CONFIG_SECTIONS[section] && !given.includes(key));
  const sections = configSections(objects);
  return Array.isArray(sections[section]) ? sections[section] : [];
}

/** A problem of a stored object, which the file only causes, is told as such at the top of the file. */
function inFile(written: Record<string, unknown>, after: Record<string, unknown>, problem: MeaningProblem): Found {
  const [section = '', index = 0, ...rest] = problem.path;
  const own = written[section];
  if (Array.isArray(own) && Number(index) < own.length) return problem;
  const items = after[section];
  const item: unknown = Array.isArray(items) ? items[Number(index)] : undefined;
  const place = [section, isRecord(item) ? String(item.key) : String(index), ...rest].join('.');
  return { path: [], message: `what is stored would no longer fit: ${place}: ${problem.message}` };
}

function placeProblem(document: Document.Parsed, place: Places, found: Found): FileProblem {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [index, step] of found.path.entries()) {
    const pair: Pair | undefined = isMap(node)
      ? node.items.find((item) => isScalar(item.key) && item.key.value === step)
      : undefined;
    const child: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
    if (!isNode(child)) {
      // The field is not there: the group that should have it is the place.
      const message = `missing ${String(step)}: ${found.message}`;
      return { ...place(offset), path: found.path.slice(0, index).join('.'), message };
    }
    node = child;
    offset = (found.atName && isNode(pair?.key) ? pair.key : child).range?.[0] ?? offset;
  }
  return { ...place(offset), path: found.path.join('.'), message: found.message };
}

type Places = (offset: number) => { line: number; column: number };

/** Lines and columns by our own count: the library's forgets lines of a file it could not make sense of. */
function placesIn(text: string): Places {
  const starts = [0];
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
  return (offset) => {
    const line = Math.max(1, starts.findLastIndex((start) => start <= offset) + 1);
    return { line, column: offset - (starts[line - 1] ?? 0) + 1 };
  };
}
