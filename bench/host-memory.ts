import { startAzurite } from '../dev/azurite/start-azurite.ts';
import { openStorage } from '../src/lib/azure/storage.ts';
import { createTableMemory } from '../src/lib/azure/table-memory.ts';
import type { BenchResult } from './result.ts';

const HOSTS = 1000;
/** Hosts of a chunk of 950,000 bytes, with a hundred detections each. */
const HOSTS_A_CHUNK = 9;
/** What is remembered of a host's detections, where changes are told, and for how many hosts of that size it is read at once. */
const ITEM_BYTES = 100 * 24;
const HOSTS_A_RECALL = 64;
const HOSTS_A_QUERY = 12;
/** Which part of the ids of the space are hosts of the page; all the others are remembered as well. */
const DENSITIES = [0.02, 0.12, 1];
/** Seconds of storage for a page of which every host has changed. */
const GOAL_SECONDS = 2;
/** Of reports whose host has changed: see `billed-vm-changed-hosts`. */
const CHANGED_SHARE = 0.17;
/** As docs/install.md has it, and what a million reports may cost: Log Analytics bills some 400 for them. */
const DOLLARS_PER_OPERATION = 0.004 / 10_000;
const GOAL_DOLLARS = 0.5;

/** How long the memory of hosts takes for a page: read, doubted chunk by chunk, remembered. */
export async function run(): Promise<BenchResult[]> {
  const azurite = await startAzurite({ inMemory: true });
  try {
    const results: BenchResult[] = [];
    for (const density of DENSITIES) results.push(...(await measure(density, azurite.connectionString)));
    return results;
  } finally {
    await azurite.close();
  }
}

async function measure(density: number, connectionString: string): Promise<BenchResult[]> {
  const storage = openStorage({
    AzureWebJobsStorage: connectionString,
  });
  const stream = `bench-${density * 100}`;
  let time = Date.UTC(2026, 2, 1);
  const memory = createTableMemory(storage, () => new Date(time));
  const all = Array.from({ length: Math.round(HOSTS / density) }, (_, index) => String(100_000_000 + index));
  const filling = await memory.open(stream, 'scope');
  await filling.doubt(all);
  await filling.remember(new Map(all.map((id) => [id, digestOf('before')])));
  const step = Math.round(1 / density);
  const page = all.filter((_, index) => index % step === 0);
  const itemsOf = (text: string) =>
    new Map(page.map((id) => [id, { digest: digestOf(text), bytes: Buffer.alloc(ITEM_BYTES, text) }]));
  await filling.rememberItems(itemsOf('before'));
  time += 86_400_000;

  const startedAt = performance.now();
  const open = await memory.open(stream, 'scope');
  await open.recall(page.map(BigInt));
  const unchangedSeconds = (performance.now() - startedAt) / 1000;
  if (page.some((id) => open.known(id)?.digest !== digestOf('before'))) throw new Error('a host is not remembered');
  for (let at = 0; at < page.length; at += HOSTS_A_CHUNK) await open.doubt(page.slice(at, at + HOSTS_A_CHUNK));
  await open.remember(new Map(page.map((id) => [id, digestOf('after')])));
  const seconds = (performance.now() - startedAt) / 1000;
  for (let at = 0; at < page.length; at += HOSTS_A_RECALL) {
    const wanted = page.slice(at, at + HOSTS_A_RECALL);
    const items = await open.recallItems(new Map(wanted.map((id) => [id, digestOf('before')])));
    if (items.size !== wanted.length) throw new Error('detections of a host are not remembered');
  }
  await open.rememberItems(itemsOf('after'));
  const secondsOfChanges = (performance.now() - startedAt) / 1000;

  const name = `storage-host-memory-${density * 100}`;
  const line = (kind: string, ours: number): BenchResult => ({
    name: `${name}${kind}`,
    unit: 'seconds a page of 1,000 hosts',
    ours,
    rival: GOAL_SECONDS,
    rivalName: kind === '-unchanged' ? 'the bound, no host changed' : 'the bound, all hosts changed',
    ratio: ours / GOAL_SECONDS,
    goal: 1,
    isBound: true,
    holds: ours <= GOAL_SECONDS,
  });
  return [
    line('', seconds),
    line('-unchanged', unchangedSeconds),
    line('-changes', secondsOfChanges),
    cost(density, false),
    cost(density, true),
  ];
}

/** What tables cost for a million reports, each row that is written counted as an operation of its own. */
function cost(density: number, isOfChanges: boolean): BenchResult {
  const changed = HOSTS * CHANGED_SHARE;
  // A row holds 256 ids; those of one chunk, and all that have changed on the page.
  const rows = (hosts: number): number => Math.min(hosts, Math.max(1, hosts / CHANGED_SHARE / density / 256));
  const chunks = changed / HOSTS_A_CHUNK;
  // The state, two lists of windows in work, the page's rows; a doubt a chunk, and what is remembered at the end.
  const hosts = 4 + chunks * rows(HOSTS_A_CHUNK) + rows(changed);
  const operations = hosts + (isOfChanges ? changed / HOSTS_A_QUERY + changed : 0);
  const ours = (1_000_000 / HOSTS) * operations * DOLLARS_PER_OPERATION;
  return {
    name: `cost-host-memory-${density * 100}${isOfChanges ? '-changes' : ''}`,
    unit: '$ a million host reports',
    ours,
    rival: GOAL_DOLLARS,
    rivalName: 'the bound',
    ratio: ours / GOAL_DOLLARS,
    goal: 1,
    isBound: true,
    holds: ours <= GOAL_DOLLARS,
  };
}

function digestOf(text: string): string {
  return Buffer.from(text).toString('hex').padEnd(32, '0');
}
