import { readFileSync, writeFileSync } from 'node:fs';
import {
  DryRunStatus,
  MutantRunStatus,
  type DryRunOptions,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestRunner,
  type TestRunnerCapabilities,
} from '@stryker-mutator/api/test-runner';

/** What each test took without a mutant, milliseconds by its id. In the copy that is mutated: only one process of a run has played them all. */
const TIMES = 'test-times.json';
/** The first tests of a mutant take about so long together; with the next ones it is so many times as long, and so on. */
const FIRST_MS = 200;
const GROWTH = 5;
/** What is left, at each kill, of how a test stands by those before it: mutants come line by line, and one test kills many of a line. */
const FADE = 0.9;
/** How a test stands that has killed nothing yet: the quick ones come first. */
const UNKNOWN = 0.02;

/** Plays a mutant with the tests first that are likely to kill it soon: those that have killed its neighbours, and the quick ones. */
export class KillersFirst implements TestRunner {
  readonly #runner: TestRunner;
  readonly #kills = new Map<string, number>();
  #times: Readonly<Record<string, number>> | undefined;

  constructor(runner: TestRunner) {
    this.#runner = runner;
  }

  capabilities(): Promise<TestRunnerCapabilities> | TestRunnerCapabilities {
    return this.#runner.capabilities();
  }

  async init(): Promise<void> {
    await this.#runner.init?.();
  }

  async dispose(): Promise<void> {
    await this.#runner.dispose?.();
  }

  async dryRun(options: DryRunOptions): Promise<DryRunResult> {
    const result = await this.#runner.dryRun(options);
    if (result.status === DryRunStatus.Complete) {
      writeFileSync(
        TIMES,
        JSON.stringify(Object.fromEntries(result.tests.map(({ id, timeSpentMs }) => [id, timeSpentMs]))),
      );
    }
    return result;
  }

  async mutantRun(options: MutantRunOptions): Promise<MutantRunResult> {
    const { testFilter = [] } = options;
    let [nrOfTests, duration] = [0, 0];
    for (const tests of this.#partsOf(testFilter)) {
      const result = await this.#runner.mutantRun({ ...options, testFilter: tests });
      if (result.status === MutantRunStatus.Killed) this.#note(result.killedBy);
      if (result.status !== MutantRunStatus.Survived) return result;
      nrOfTests += result.nrOfTests;
      duration += result.duration ?? 0;
    }
    return { status: MutantRunStatus.Survived, nrOfTests, duration };
  }

  #partsOf(tests: readonly string[]): string[][] {
    const standing = (id: string): number => (UNKNOWN + (this.#kills.get(id) ?? 0)) / this.#timeOf(id);
    const sorted = tests.map((id) => ({ id, by: standing(id) })).sort((left, right) => right.by - left.by);
    const parts: string[][] = [[]];
    let [time, next] = [0, FIRST_MS];
    for (const { id } of sorted) {
      if (time > next) {
        parts.push([]);
        next *= GROWTH;
      }
      parts.at(-1)?.push(id);
      time += this.#timeOf(id);
    }
    return parts;
  }

  #timeOf(id: string): number {
    this.#times ??= JSON.parse(readFileSync(TIMES, 'utf8')) as Record<string, number>;
    return Math.max(1, this.#times[id] ?? 0);
  }

  #note(killers: readonly string[]): void {
    for (const [id, kills] of this.#kills) this.#kills.set(id, kills * FADE);
    for (const id of killers) this.#kills.set(id, (this.#kills.get(id) ?? 0) + 1);
  }
}
