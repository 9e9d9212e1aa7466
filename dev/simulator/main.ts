import { parseArgs } from 'node:util';
import { startSimulator } from './start-simulator.ts';
import { DEFAULT_SETTINGS, type SimulatorOptions } from './settings.ts';

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

function valueOf(name: string, text: string): number | string {
  const isText = typeof DEFAULT_SETTINGS[name as keyof typeof DEFAULT_SETTINGS] === 'string';
  return isText ? text : Number(text);
}

function variableOf(flag: string): string {
  return `SIMULATOR_${flag.replaceAll('-', '_').toUpperCase()}`;
}

function isGiven(value: unknown): boolean {
  return value !== undefined;
}

function readOptions(flags: Readonly<Record<string, string | boolean | undefined>>): SimulatorOptions {
  const options: Record<string, number | string> = {};
  for (const name of NAMES) {
    const flag = toKebab(name);
    const short = Object.keys(SHORT_NAMES).find((key) => SHORT_NAMES[key] === flag);
    const spellings = short === undefined ? [flag] : [flag, short];
    const variables = spellings.map((spelling) => process.env[variableOf(spelling)]);
    const text = [...spellings.map((spelling) => flags[spelling]), ...variables].find(isGiven);
    if (typeof text === 'string') options[name] = valueOf(name, text);
  }
  return options;
}

async function main(): Promise<void> {
  const flags = [...NAMES.map(toKebab), ...Object.keys(SHORT_NAMES)];
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(flags.map((flag) => [flag, { type: 'string' } as const])),
      help: { type: 'boolean' },
    },
  });
  if (values.help === true) {
    console.log(USAGE);
    return;
  }
  const simulator = await startSimulator(readOptions(values));
  console.log(simulator.url);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void simulator.close());
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
