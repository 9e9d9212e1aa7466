import type { DataShape, Feed } from './feeds.ts';
import { rowsOf } from './feeds.ts';
import type { HostPool } from './kill-host.ts';
import { createRig, startingAt, type Rig } from './rig.ts';
import { BACKFILLED, beginBackfill, runUntil, startApp, type App, type Delivery } from './run-app.ts';
import type { Step } from './steps.ts';

/** One fault at one step. */
export interface Cell {
  readonly step: Step;
  readonly fault: string;
  readonly shape?: DataShape;
  /** Whether what it proves does not depend on the stream; then one of the two streams plays it, both in the long form. */
  readonly isShared?: boolean;
  /** Whether only the long form plays it. */
  readonly isRare?: boolean;
  /** Whether the vendor's records change while they are read, so that some come in two versions. */
  readonly hasNewVersions?: boolean;
  /** Whether a backfill reads what else the live stream does, which begins behind it. */
  readonly isBackfill?: boolean;
  /** The vendor's calls an hour; absent for as many as are wanted. */
  readonly rateLimit?: number;
  /** Whether a chunk may have been accepted whose acceptance was not recorded, or the vendor gives everything twice. */
  readonly mayRepeat?: boolean | 'everything';
  /** Sets the fault; what it returns tells whether it has struck. */
  readonly arm: (rig: Rig, app: App, pool: HostPool) => Promise<Armed> | Armed;
}

/** A fault that is set. */
export interface Armed {
  readonly hasStruck: () => boolean;
  readonly delivery?: Delivery;
  /** What an operator does at the end. */
  readonly afterwards?: () => Promise<void>;
}

/** What became of a cell. */
export interface CellResult {
  readonly step: Step;
  readonly fault: string;
  readonly lost: number;
  readonly repeated: number;
  readonly recoveredSeconds: number;
  /** Why the claim does not hold; empty when it does. */
  readonly problems: readonly string[];
}

/** Rows of a cell without a fault: how many different ones there must be, and the most in one call. */
export interface Baseline {
  readonly rows: number;
  readonly mostInOneChunk: number;
}

interface Event {
  readonly event: string;
  readonly rows?: number;
}

/** Runs the data of a shape without a fault. */
export async function measureBaseline(feed: Feed, shape: DataShape): Promise<Baseline> {
  const rig = await createRig(feed, shape);
  const app = startApp(rig);
  await runUntil(app);
  const chunks = app.lines
    .map((line) => JSON.parse(line) as Event)
    .flatMap(({ event, rows }) => (event === 'RowsUploaded' && rows !== undefined ? [rows] : []));
  const keys = new Set(rowsOf(feed, rig.ingestion).map(({ RowKey }) => RowKey));
  await app.close();
  await rig.close();
  return { rows: keys.size, mostInOneChunk: Math.max(...chunks) };
}

/** The records that are to be ingested, as the vendor has them now. */
function idsWithin({ feed, simulator, start, target }: Rig): string[] {
  return feed.ids(simulator, { from: start, to: target });
}

function mostRepeated({ mayRepeat }: Cell, { rows, mostInOneChunk }: Baseline): number {
  if (mayRepeat === 'everything') return rows;
  return mayRepeat === true ? mostInOneChunk : 0;
}

function judge(
  cell: Cell,
  rig: Rig,
  baseline: Baseline,
  { hasStruck, before }: { hasStruck: boolean; before: readonly string[] },
): Omit<CellResult, 'recoveredSeconds'> {
  const { feed, ingestion, violations } = rig;
  const rows = rowsOf(feed, ingestion);
  const ids = new Set(rows.map(feed.idOf));
  const lost = [...new Set([...before, ...idsWithin(rig)])].filter((id) => !ids.has(id)).length;
  const distinct = new Set(rows.map(({ RowKey }) => RowKey)).size;
  const repeated = rows.length - distinct;
  const most = mostRepeated(cell, baseline);
  const problems = [
    ...(hasStruck ? [] : ['the fault did not strike']),
    ...(lost > 0 ? [`${lost} records are lost`] : []),
    ...(distinct === baseline.rows || cell.hasNewVersions === true
      ? []
      : [`${distinct} different row keys instead of ${baseline.rows}`]),
    ...(repeated > most ? [`${repeated} rows came again, at most ${most} may`] : []),
    ...violations,
  ];
  const { step, fault } = cell;
  return { step, fault, lost, repeated, problems };
}

async function openRig({ isBackfill, rateLimit, shape = 'lean' }: Cell, feed: Feed): Promise<Rig> {
  const rig = await createRig(feed, shape, rateLimit);
  if (isBackfill !== true) return rig;
  const { env, target } = rig;
  return { ...rig, env: { ...env, ...startingAt(target) } };
}

/** Plays one cell to its end. */
export async function playCell(cell: Cell, feed: Feed, baseline: Baseline, pool: HostPool): Promise<CellResult> {
  const rig = await openRig(cell, feed);
  const app = startApp(rig);
  const startedAt = Date.now();
  const before = idsWithin(rig);
  let trouble: string[] = [];
  let hasStruck = true;
  try {
    const armed = await cell.arm(rig, app, pool);
    if (cell.isBackfill === true) await beginBackfill(app);
    await runUntil(app, armed.delivery, cell.isBackfill === true ? BACKFILLED : undefined);
    await armed.afterwards?.();
    hasStruck = armed.hasStruck();
  } catch (error) {
    trouble = [error instanceof Error ? error.message : String(error)];
  }
  const recoveredSeconds = Math.round((Date.now() - startedAt) / 1000);
  const result = judge(cell, rig, baseline, { hasStruck, before });
  await app.close();
  await rig.close();
  return { ...result, recoveredSeconds, problems: [...trouble, ...result.problems] };
}
