import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createBreakRoutes } from '../../dev/break/break-routes.ts';
import { BREAKS, USUAL } from '../../dev/break/breaks.ts';
import type { IngestionFault } from '../../dev/ingestion/ingestion-faults.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';
import { startLocalApp, untilCaughtUp, type LocalApp } from '../support/local-app.ts';

/*
 * docs/try.md as it stands: its commands are run in the order of the page, and each block of text must come of the last command before it,
 * at once, as for a person who pastes them. Numbers may be others, and `…` leaves out text.
 */
const ROOT = resolve(import.meta.dirname, '../..');
const PAGE = await readFile(join(ROOT, 'docs/try.md'), 'utf8');
const PATIENCE_MS = 300_000;
const LOOK_EVERY_MS = 4000;

/** Programs behind the commands of the page. */
const PROGRAMS: Readonly<Record<string, string>> = { qualys: 'cli/main.ts', break: 'dev/break.ts' };

interface Step {
  readonly commands: readonly string[];
  /** What the last command prints. */
  readonly expected: RegExp;
}

function readSteps(page: string): { section: string; steps: Step[] }[] {
  return page.split(/^## /m).map((text) => {
    const [section = ''] = text.split('\n');
    const blocks = text.matchAll(/^```sh\n(.*?)^```\n\n```text\n(.*?)^```/gms);
    const steps = [...blocks].map(([, commands = '', expected = '']) => ({
      commands: commands.trim().split('\n'),
      expected: new RegExp(expected.trim().split('\n').map(toPattern).join('[^]*?\n'), 'm'),
    }));
    return { section, steps };
  });
}

function toPattern(line: string): string {
  return line
    .trim()
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\d[\d,:]*/g, '[\\d,:]+')
    .replace(/ *… */g, '.*');
}

let simulator: Simulator;
let app: LocalApp;

beforeAll(async () => {
  simulator = await startSimulator({ ...USUAL, eventCount: 1000, hostCount: 20, liveEventsPerMinute: 60 });
  const runPlanners = (): void => {
    for (const name of ['edr-events', 'vm-detections']) app.host.runTimer(`plan-${name}`).catch(() => undefined);
  };
  const ingestion = {
    setFaults: (...faults: readonly IngestionFault[]) => app.ingestion.setFaults(...faults),
  };
  const localRoutes = { files: {}, calls: createBreakRoutes({ simulator, ingestion }, runPlanners) };
  app = await startLocalApp(simulator.url, {}, ROOT, { localRoutes });
  for (const stream of ['edr-events', 'vm-detections']) await untilCaughtUp(app, stream, PATIENCE_MS);
}, 2 * PATIENCE_MS);
afterAll(async () => {
  await app.close();
  await simulator.close();
});

async function run(command: string): Promise<string> {
  const [, script = '', args = ''] = /^npm run -s (\w+) -- (.*)$/.exec(command) ?? [];
  const program = PROGRAMS[script];
  if (program === undefined) throw new Error(`docs/try.md: ${command} is none of the commands that can be run here`);
  const argv = ['--disable-warning=ExperimentalWarning', join(ROOT, program), ...args.split(' ')];
  const env = { PATH: process.env.PATH, CONNECTOR_URL: app.host.url };
  const child = spawn(process.execPath, argv, { env, stdio: 'pipe' });
  let printed = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (printed += piece.toString()));
  await new Promise((done) => child.once('close', done));
  return printed;
}

/** Runs them all. @returns what the last one prints. */
async function runAll(commands: readonly string[]): Promise<string> {
  let printed = '';
  for (const command of commands) printed = await run(command);
  return printed;
}

describe('docs/try.md', () => {
  const sections = readSteps(PAGE);

  test('breaks each thing that can be broken', () => {
    const broken = new Set([...PAGE.matchAll(/^npm run -s break -- (\w+)$/gm)].map(([, what]) => what));
    expect([...broken].sort()).toEqual(Object.keys(BREAKS).sort());
    expect(sections.flatMap(({ steps }) => steps).length).toBeGreaterThan(9);
  });

  test.each(sections.filter(({ steps }) => steps.length > 0))(
    '$section',
    { timeout: 3 * PATIENCE_MS },
    async ({ steps }) => {
      for (const { commands, expected } of steps) {
        let printed = await runAll(commands);
        // Of this one command the page says that the rest takes seconds.
        const deadline = commands.some((command) => command.endsWith('try-now')) ? Date.now() + PATIENCE_MS : 0;
        while (!expected.test(printed) && Date.now() < deadline) {
          await sleep(LOOK_EVERY_MS);
          printed = await run(commands.at(-1) ?? '');
        }
        expect(printed).toMatch(expected);
      }
    },
  );
});
