import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Liquid, type Template } from 'liquidjs';

/** Plain data only: strings, numbers, booleans, and lists and records of them. */
export type TemplateData = { readonly [name: string]: TemplateValue };
type TemplateValue = string | number | boolean | null | readonly TemplateValue[] | TemplateData;

const TEMPLATES = ['acknowledgement', 'notification', 'receipt', 'reply', 'letter'] as const;
export type TemplateName = (typeof TEMPLATES)[number];

/**
 * Lays out one mail as text and as HTML from the same sentences. Ticket text is data: it is never compiled, and every
 * value is escaped in HTML without the template asking for it.
 */
export function renderMail(name: TemplateName, data: TemplateData): { text: string; html: string } {
  const { text, html } = compiledTemplates(name);
  return { text: textEngine.renderSync(text, data), html: htmlEngine.renderSync(html, data) };
}

const compiled = new Map<TemplateName, CompiledTemplates>();

interface CompiledTemplates {
  text: Template[];
  html: Template[];
}

function compiledTemplates(name: TemplateName): CompiledTemplates {
  const known = compiled.get(name);
  if (known !== undefined) return known;
  const made = {
    text: textEngine.parse(SOURCES[`${name}.text`] ?? ''),
    html: htmlEngine.parse(SOURCES[`${name}.html`] ?? ''),
  };
  compiled.set(name, made);
  return made;
}

const SOURCES: Record<string, string> = Object.fromEntries(
  [...TEMPLATES.flatMap((name) => [`${name}.text`, `${name}.html`]), 'layout.html'].map((name) => [
    name,
    readFileSync(join(import.meta.dirname, 'templates', `${name}.liquid`), 'utf8'),
  ]),
);

// Templates come from this map alone, never from a path a template names; the limits hold for what an operator writes.
const ENGINE = {
  templates: SOURCES,
  cache: true,
  dynamicPartials: false,
  ownPropertyOnly: true,
  strictVariables: true,
  strictFilters: true,
  lenientIf: true,
  parseLimit: 100_000,
  // Milliseconds of the clock on the wall: on a busy machine a mail of ours can be held up for a second and be none the worse.
  renderLimit: 10_000,
  memoryLimit: 2_000_000,
} as const;
const textEngine = new Liquid(ENGINE);
const htmlEngine = new Liquid({ ...ENGINE, outputEscape: 'escape' });
// Somebody's line as it was written: HTML would run spaces together, and a listing or a table means something by them.
htmlEngine.registerFilter('spaced', (line: string) => line.replaceAll('\t', '    ').replace(/^ | (?= )/g, '\u00a0'));
