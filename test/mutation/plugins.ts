import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { MutantResult } from '@stryker-mutator/api/core';
import { declareFactoryPlugin, declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

/** What of Babel's paths is looked at. */
interface Path {
  readonly node: Node;
  readonly parentPath: Path | null;
}

interface Node {
  readonly type: string;
  readonly value?: unknown;
  readonly quasis?: readonly { readonly value: { readonly raw: string } }[];
  readonly callee?: { readonly property?: { readonly name?: string } };
}

const LEVELS = new Set(['info', 'warn', 'error']);

/** Prose: words with a blank between them. Keys, codes and states have none. */
function isProse({ type, value, quasis }: Node): boolean {
  if (type === 'StringLiteral') return /\S\s+\S/.test(String(value));
  return type === 'TemplateLiteral' && quasis?.some(({ value: { raw } }) => /\w\s|\s\w/.test(raw)) === true;
}

/** Names and fields of a log line, by themselves in `log.info('Name', { field: 'value' })`. */
function isLogged({ node, parentPath }: Path): boolean {
  if (!['StringLiteral', 'TemplateLiteral', 'ObjectExpression'].includes(node.type)) return false;
  return parentPath?.node.type === 'CallExpression' && LEVELS.has(parentPath.node.callee?.property?.name ?? '');
}

/** Tells what nobody has killed as soon as it is known: a report comes at the end only. */
function tellSurvivor({ fileName, location: { start }, mutatorName, replacement, status }: MutantResult): void {
  if (status !== 'Survived' && status !== 'NoCoverage') return;
  const line = readFileSync(fileName, 'utf8').split('\n')[start.line - 1]?.trim() ?? '';
  const place = `${relative(process.cwd(), fileName)}:${start.line}:${start.column}`;
  console.log(`${place} ${mutatorName} ${status}\n  - ${line}\n  + ${replacement.replaceAll(/\s+/g, ' ')}`);
}

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.Reporter, 'survivors', () => ({ onMutantTested: tellSurvivor })),
  // Texts for people are no behaviour: no mutants are made of log lines and of sentences. Queries are none.
  declareValuePlugin(PluginKind.Ignore, 'texts', {
    shouldIgnore(path) {
      const it = path as Path;
      if (it.parentPath?.node.type === 'TaggedTemplateExpression') return undefined;
      return isProse(it.node) || isLogged(it) ? 'a text for people' : undefined;
    },
  }),
];
