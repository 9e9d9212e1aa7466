import { CheckStatus, type CheckResult } from '@stryker-mutator/api/check';
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Mutant, MutantResult } from '@stryker-mutator/api/core';
import {
  declareFactoryPlugin,
  declareValuePlugin,
  type Injector,
  type PluginContext,
  PluginKind,
} from '@stryker-mutator/api/plugin';
import { strykerPlugins as vitestPlugins } from '@stryker-mutator/vitest-runner';
import { KillersFirst } from './killers-first.ts';
import { isInSample, NOT_IN_SAMPLE } from './sample.ts';

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

/** Leaves out what is not in the sample: of all that StrykerJS offers, only what does not compile is neither played nor counted. */
function leaveOut(mutant: Mutant): CheckResult {
  return isInSample(mutant)
    ? { status: CheckStatus.Passed }
    : { status: CheckStatus.CompileError, reason: NOT_IN_SAMPLE };
}

function killersFirst(injector: Injector<PluginContext>): KillersFirst {
  const [vitest] = vitestPlugins;
  if (vitest === undefined) throw new Error('@stryker-mutator/vitest-runner has no test runner');
  return new KillersFirst(injector.injectFunction(vitest.factory));
}
killersFirst.inject = ['$injector'] as ['$injector'];

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'killers-first', killersFirst),
  declareFactoryPlugin(PluginKind.Checker, 'sample', () => ({
    init: () => Promise.resolve(),
    group: (mutants: Mutant[]) => Promise.resolve([mutants.map(({ id }) => id)]),
    check: (mutants: Mutant[]) =>
      Promise.resolve(Object.fromEntries(mutants.map((mutant) => [mutant.id, leaveOut(mutant)]))),
  })),
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
