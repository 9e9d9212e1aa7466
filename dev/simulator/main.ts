import { PORT, readOptions, wholeNumber } from '../read-options.ts';
import { runMain } from '../run-main.ts';
import { UsageError } from '../usage-error.ts';
import { startSimulator } from './start-simulator.ts';
import { DEFAULT_SETTINGS, parseOptions, type SimulatorOptions } from './settings.ts';

const USAGE = `usage: node dev/simulator/main.ts [--name value …]
  Starts the simulator of the Qualys APIs and prints its URL. Names are the options of startSimulator in kebab-case,
  for example --port 8080 --seed 7 --event-count 200000 --host-count 50000 --detections-per-host 100 --latency-ms 200;
  each can also be set as an environment variable, SIMULATOR_EVENT_COUNT and so on.`;

/** Shorter names for what is asked for most. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  events: 'event-count',
  hosts: 'host-count',
  hours: 'span-hours',
  concurrency: 'concurrency-limit',
};

const NAMES = [...Object.keys(DEFAULT_SETTINGS), 'dataEnd'];

function toKebab(name: string): string {
  return name.replace(/[A-Z]/gu, (letter) => `-${letter.toLowerCase()}`);
}

function variableOf(flag: string): string {
  return `SIMULATOR_${flag.replaceAll('-', '_').toUpperCase()}`;
}

/** An option as it was given: by `--name` or by a variable, whose blank value counts as none. */
interface Given {
  readonly spelling: string;
  readonly text: string;
}

function findGiven(name: string, flags: Readonly<Record<string, string | boolean | undefined>>): Given | undefined {
  const flag = toKebab(name);
  const short = Object.keys(SHORT_NAMES).find((key) => SHORT_NAMES[key] === flag);
  const spellings = short === undefined ? [flag] : [flag, short];
  return [
    ...spellings.map((each) => ({ spelling: `--${each}`, text: flags[each] })),
    ...spellings.map(variableOf).map((each) => ({ spelling: each, text: process.env[each]?.trim() })),
  ].find((each): each is Given => typeof each.text === 'string' && each.text !== '');
}

/** @throws UsageError naming the option as it was given, its value and what is allowed. */
function checkedValue(name: string, { spelling, text }: Given): number | string {
  if (name === 'port') return wholeNumber(spelling, text, { ...PORT, fallback: 0 });
  const isText = typeof DEFAULT_SETTINGS[name as keyof typeof DEFAULT_SETTINGS] === 'string';
  const value = isText ? text : Number(text);
  try {
    parseOptions({ [name]: value });
    return value;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const allowed = error.message.replace(/^\w+ /, '').replace(/, not .*$/, '');
    throw new UsageError(`${spelling} ${allowed}, given ${JSON.stringify(text)}`);
  }
}

function readSettings(flags: Readonly<Record<string, string | boolean | undefined>>): SimulatorOptions {
  const given = NAMES.map((name) => [name, findGiven(name, flags)] as const);
  return Object.fromEntries(
    given.flatMap(([name, each]) => (each === undefined ? [] : [[name, checkedValue(name, each)]])),
  );
}

async function main(): Promise<void> {
  const flags = [...NAMES.map(toKebab), ...Object.keys(SHORT_NAMES)];
  const values = readOptions({
    ...Object.fromEntries(flags.map((flag) => [flag, { type: 'string' } as const])),
    help: { type: 'boolean' },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const simulator = await startSimulator(readSettings(values));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close());
  console.log(simulator.url);
}

await runMain(main);
