import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GROUPS, type Group } from './groups.ts';
import { isInSample, type MutantPlace, NOT_IN_SAMPLE, SAMPLE } from './sample.ts';

// npm run test:mutation -- [group…]: all groups, one after the other. What was killed and has not changed since is not run again.
// SAMPLE=4 plays every fourth mutant, CONCURRENCY=1 one at a time.

const ROOT = join(import.meta.dirname, '../..');
const DOCUMENT = join(ROOT, 'docs/reliability.md');
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
function play({ name, mutate, tests }: Group): void {
  const common = JSON.parse(readFileSync(join(ROOT, 'stryker.config.json'), 'utf8')) as object;
  const config = `.stryker/${name}.config.json`;
  mkdirSync(join(ROOT, '.stryker'), { recursive: true });
  const own = {
    mutate,
    testFiles: tests,
    incrementalFile: `.stryker/${name}.json`,
    ...(SAMPLE > 1 ? { checkers: ['sample'] } : {}),
    ...(process.env.CONCURRENCY === undefined ? {} : { concurrency: Number(process.env.CONCURRENCY) }),
  };
  writeFileSync(join(ROOT, config), JSON.stringify({ ...common, ...own }));
  const { status } = spawnSync('npx', ['stryker', 'run', config], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error(`${name}: stryker has ended with ${status}`);
}

/** Those that were played, of the sample where only that was to be. What was left out is to be played by a later run. */
function mutantsOf(group: Group): Mutant[] {
  const report = JSON.parse(readFileSync(reportOf(group), 'utf8')) as Report;
  const played = Object.entries(report.files).flatMap(([fileName, file]) => {
    file.mutants = file.mutants.filter(({ statusReason }) => statusReason !== NOT_IN_SAMPLE);
    return file.mutants.filter((mutant) => isInSample(inStryker(fileName, mutant)));
  });
  writeFileSync(reportOf(group), JSON.stringify(report));
  return played;
}

/** As StrykerJS itself names a mutant: its reports count lines and columns from 1. */
function inStryker(fileName: string, mutant: Mutant): MutantPlace {
  const { line, column } = mutant.location.start;
  return { ...mutant, fileName, location: { start: { line: line - 1, column: column - 1 } } };
}

function rowOf(group: string, mutants: readonly Mutant[]): string {
  const count = (...statuses: Mutant['status'][]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length;
  const killed = count('Killed', 'Timeout');
  const [survived, uncovered] = [count('Survived'), count('NoCoverage')];
  const score = (100 * killed) / Math.max(1, killed + survived + uncovered);
  return `| ${group} | ${killed + survived + uncovered} | ${killed} | ${survived} | ${uncovered} | ${score.toFixed(1)} % |`;
}

function tableOf(groups: readonly Group[]): string {
  const rows = groups.map((group) => ({ name: group.name, mutants: mutantsOf(group) }));
  return [
    '| group | mutants | killed | survived | reached by no test | score |',
    '| --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(({ name, mutants }) => rowOf(name, mutants)),
    rowOf(
      'all',
      rows.flatMap(({ mutants }) => mutants),
    ),
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
