/** `npm run bench [-- name…]`: runs all benchmarks, prints one table and writes `bench/results.json`. */
import { SingleBar, Presets } from 'cli-progress';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writePerformance } from './plot.ts';
import type { BenchResult } from './result.ts';

const BENCHES: readonly {
  readonly name: string;
  readonly load: () => Promise<{ run: () => Promise<BenchResult[]> }>;
}[] = [
  { name: 'bundle', load: () => import('./bundle.ts') },
  { name: 'vm-decode', load: () => import('./vm-decode.ts') },
  { name: 'edr-decode', load: () => import('./edr-decode.ts') },
  { name: 'billed', load: () => import('./billed.ts') },
  { name: 'billed-vm', load: () => import('./billed-vm.ts') },
  { name: 'host-memory', load: () => import('./host-memory.ts') },
  { name: 'catch-up', load: () => import('./catch-up.ts') },
  { name: 'growth', load: () => import('./growth.ts') },
];

const wanted = process.argv.slice(2);
const chosen = BENCHES.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
if (chosen.length === 0) throw new Error(`benchmarks are ${BENCHES.map(({ name }) => name).join(', ')}`);

const bar = new SingleBar(
  { format: '{bar} {value}/{total} {name}', stream: process.stderr, hideCursor: true },
  Presets.shades_classic,
);
bar.start(chosen.length, 0, { name: '' });
const results: BenchResult[] = [];
for (const [index, { name, load }] of chosen.entries()) {
  bar.update(index, { name });
  results.push(...(await (await load()).run()));
}
bar.update(chosen.length, { name: 'done' });
bar.stop();

console.table(
  Object.fromEntries(
    results.map(({ name, unit, ours, rival, rivalName, ratio, goal, isBound, holds }) => [
      name,
      {
        ours: round(ours),
        rival: round(rival),
        unit,
        rivalName,
        ratio: round(ratio),
        goal: `${isBound === true ? '≤' : '≥'} ${goal}`,
        holds,
      },
    ]),
  ),
);
const isWhole = results.every(({ ratio }) => Number.isFinite(ratio));
if (!isWhole) console.log('A rival is missing: nothing is written.');
if (wanted.length === 0 && isWhole) {
  await writeFile(join(import.meta.dirname, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  await writePerformance(join(import.meta.dirname, '..'));
  console.log('Now run npm run generate: docs/install.md tells by these figures what ingestion costs.');
}
process.exit(0);

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
