import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUPS, type Group } from './groups.ts';
import { IN_MEMORY } from './kept-windows.ts';
import { ALL, isInSample, type MutantPlace, NOT_IN_SAMPLE, type Sample, SAMPLE } from './sample.ts';

// npm run test:mutation -- [group…]: all groups, one after the other. What was killed and has not changed since is not run again.
// SAMPLE=3/8 plays the third of eight parts of the mutants, CONCURRENCY=1 one at a time.

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/reliability.md');
/** What counts: what was ignored or does not compile does not. */
const COUNTED: ReadonlySet<Mutant['status']> = new Set(['Killed', 'Timeout', 'Survived', 'NoCoverage']);
const [BEGIN, END] = ['<!-- mutants -->', '<!-- end of mutants -->'];

/** What of StrykerJS' report is looked at: the schema of mutation-testing-report. */
interface Report {
  readonly files: Readonly<Record<string, { mutants: readonly Mutant[] }>>;
}

interface Mutant extends Omit<MutantPlace, 'fileName'> {
  readonly statusReason?: string;
  readonly status:
    'Killed' | 'Survived' | 'NoCoverage' | 'Timeout' | 'RuntimeError' | 'CompileError' | 'Ignored' | 'Pending';
}

function reportOf({ name }: Group): string {
  return join(ROOT, `.stryker/${name}.json`);
}

/** StrykerJS takes lists of patterns from a file only whole: on its command line a comma in braces ends one. */
function play(group: Group): void {
  const { name, mutate, tests, isInMemory } = group;
  mkdirSync(join(ROOT, '.stryker'), { recursive: true });
  forgetLeftOut(group);
  writeFileSync(sampleOf(group), SAMPLE);
  const common = JSON.parse(readFileSync(join(ROOT, 'stryker.config.json'), 'utf8')) as object;
  const config = `.stryker/${name}.config.json`;
  const own = {
    mutate,
    testFiles: tests,
    incrementalFile: `.stryker/${name}.json`,
    ...(SAMPLE === ALL ? {} : { checkers: ['sample'] }),
    ...(process.env.CONCURRENCY === undefined ? {} : { concurrency: Number(process.env.CONCURRENCY) }),
  };
  writeFileSync(join(ROOT, config), JSON.stringify({ ...common, ...own }));
  const { status } = spawnSync('npx', ['stryker', 'run', config], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, ...(isInMemory ? { [IN_MEMORY]: '1' } : {}) },
  });
  if (status !== 0) throw new Error(`${name}: stryker has ended with ${status}`);
}

/** Where is kept which part of a group was played last. */
function sampleOf({ name }: Group): string {
  return join(ROOT, `.stryker/${name}.sample`);
}

/** What a sample has left out counts as a result to StrykerJS: it is to be played by a run to which it belongs. */
function forgetLeftOut(group: Group): void {
  if (!existsSync(reportOf(group))) return;
  const report = readReport(group);
  for (const file of Object.values(report.files)) file.mutants = file.mutants.filter((mutant) => !isLeftOut(mutant));
  writeFileSync(reportOf(group), JSON.stringify(report));
}

function readReport(group: Group): Report {
  return JSON.parse(readFileSync(reportOf(group), 'utf8')) as Report;
}

function isLeftOut({ statusReason }: Mutant): boolean {
  return statusReason === NOT_IN_SAMPLE;
}

interface Found {
  readonly sample: Sample;
  /** How many mutants there are. */
  readonly all: number;
  /** Those of the sample: what an earlier run has played beside it is no fair part of it. */
  readonly played: readonly Mutant[];
}

function mutantsOf(group: Group): Found {
  const sample = readFileSync(sampleOf(group), 'utf8') as Sample;
  const mutants = Object.entries(readReport(group).files).flatMap(([fileName, file]) =>
    file.mutants.map((mutant) => ({ ...mutant, isInSample: isInSample(inStryker(fileName, mutant), sample) })),
  );
  const made = mutants.filter((mutant) => isLeftOut(mutant) || COUNTED.has(mutant.status));
  return { sample, all: made.length, played: made.filter((mutant) => mutant.isInSample && !isLeftOut(mutant)) };
}

/** As StrykerJS itself names a mutant: its reports count lines and columns from 1. */
function inStryker(fileName: string, mutant: Mutant): MutantPlace {
  const { line, column } = mutant.location.start;
  return { ...mutant, fileName, location: { start: { line: line - 1, column: column - 1 } } };
}

function rowOf(group: string, { all, played, sample }: Found): string {
  const count = (...statuses: Mutant['status'][]): number =>
    played.filter(({ status }) => statuses.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const score = (100 * killed) / Math.max(1, played.length);
  return `| ${group} | ${sample === ALL ? 'all' : sample} | ${all} | ${played.length} | ${killed} | ${count('Survived')} | ${count('NoCoverage')} | ${score.toFixed(1)} % |`;
}

function tableOf(groups: readonly Group[]): string {
  return [
    '| group | part | mutants | played | killed | survived | reached by no test | score |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...groups.map((group) => rowOf(group.name, mutantsOf(group))),
  ].join('\n');
}

const names = process.argv.slice(2);
const chosen = GROUPS.filter(({ name }) => names.length === 0 || names.includes(name));
chosen.forEach(play);
const table = tableOf(GROUPS.filter((group) => existsSync(reportOf(group))));
console.log(table);
if (process.env.UPDATE_RELIABILITY === '1') {
  const text = readFileSync(DOCUMENT, 'utf8');
  writeFileSync(
    DOCUMENT,
    `${text.slice(0, text.indexOf(BEGIN))}${BEGIN}\n\n${table}\n\n${text.slice(text.indexOf(END))}`,
  );
}
