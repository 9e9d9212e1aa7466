import { ClaimLostError, failureOf, messageOf } from '../errors.ts';
import { isClaimed, takeClaim, type Claim } from './claim.ts';
import { keepMemory, type MemoryDependencies, type MemoryKeeper } from './keep-memory.ts';
import { loadKeys, readPast } from './look-back.ts';
import { windowsOf } from './new-window.ts';
import { isFinished } from './plan-windows.ts';
import type { WindowDependencies, WindowRecord, WorkItem } from './ports.ts';
import { recoverWindow, storeHandOver } from './recover-window.ts';
import { hasGivenUp, shortReadDelay } from './recovery.ts';
import type { Outcome, Progress, WindowTask } from './stream.ts';
import { storeStep, takeLastStep, type StepDependencies } from './take-step.ts';
import { close, countCall, enqueue, fallShort, readAgain, resumeAt, start } from './window-state.ts';
import { sendAll } from './work-item.ts';

/** What processing a window needs from the outside. */
export interface ProcessDependencies extends WindowDependencies, Omit<StepDependencies, 'keeper'>, MemoryDependencies {
  /** Name of this worker. */
  readonly owner: string;
  /** A window without progress for so long is taken from its worker, in seconds. */
  readonly staleSeconds: number;
  /** How long a window stays open while the vendor counts more than it gives, in hours. */
  readonly incompleteAfterHours: number;
  /** After so long an invocation hands over at the end of a page, in milliseconds. */
  readonly budgetMs: number;
  /** Called when a window has ended, for what waited for that. */
  readonly onFinished?: (record: WindowRecord) => Promise<void>;
}

/** Claims live as long as two missed heartbeats, never longer than a window may stand still. */
const MAX_LEASE_MS = 60_000;
/** Clocks of two instances may differ by so much. */
const SHORTEST_WAIT_MS = 1000;

/** Works on the window a work item calls for: fetch, transform, upload, checkpoint, page by page. */
export async function processWindow(item: WorkItem, deps: ProcessDependencies): Promise<void> {
  const log = deps.log.with({ stream: item.stream, run: item.run, window: item.window });
  const record = await deps.store.readWindow(item.stream, item.run, item.window);
  const reason = reasonToDrop(record);
  if (record === undefined || reason !== undefined) {
    log.info('WorkItemDropped', { reason });
    return;
  }
  const waitMs = waitBefore(record, deps.clock.now());
  if (waitMs > 0) return deps.queue.send(item, waitMs / 1000);
  start(record, deps.clock.now());
  const leaseMs = Math.min(MAX_LEASE_MS, (deps.staleSeconds * 1000) / 2);
  const claim = await takeClaim(record, { ...deps, log, leaseMs });
  if (claim === undefined) await deps.queue.send(item, leaseMs / 1000);
  else await workOn(claim, item, { ...deps, log });
}

/** Why an item calls for nothing. What was given up stays so until somebody retries it, whatever items of it are left. */
function reasonToDrop(record: WindowRecord | undefined): string | undefined {
  if (record === undefined) return 'gone';
  if (isFinished(record)) return 'finished';
  return hasGivenUp(record) ? 'given up' : undefined;
}

/**
 * How long an item must wait, in milliseconds: until its time has come, or until the claim of another worker has run out. It comes back
 * even then, because the other worker may be dead: its own item would come back only after ten minutes.
 */
function waitBefore(record: WindowRecord, now: Date): number {
  const until = isClaimed(record, now) ? record.claim?.until : record.notBefore;
  const waitMs = Date.parse(until ?? now.toISOString()) - now.getTime();
  return waitMs > SHORTEST_WAIT_MS ? waitMs : 0;
}

async function workOn(claim: Claim, item: WorkItem, deps: ProcessDependencies): Promise<void> {
  const working = readAndConclude(claim, item, deps).finally(() => claim.stop());
  const lost = await failureOf(ClaimLostError, working);
  if (lost !== undefined) deps.log.warn('ClaimLost', { error: messageOf(lost) });
  else if (isFinished(claim.record)) await deps.onFinished?.(claim.record);
}

async function readAndConclude(claim: Claim, item: WorkItem, deps: ProcessDependencies): Promise<void> {
  const isContinued = claim.record.cursor !== undefined && claim.record.counts.pages > 0;
  let outcome: Outcome | 'handed-over';
  try {
    await deps.throwIfFull?.(claim.record.run);
    outcome = await readWindow(claim, deps);
  } catch (error) {
    if (claim.signal.aborted) throw new ClaimLostError('the window was taken over', { cause: claim.signal.reason });
    if (error instanceof ClaimLostError) throw error;
    return recoverWindow(claim, item, error, isContinued, deps);
  }
  if (outcome === 'handed-over') await storeHandOver(claim, item, deps, 0);
  else await conclude(claim, item, outcome, deps);
}

/** Reads the window step by step; the next step is decoded while the last one is uploaded and stored. */
async function readWindow(claim: Claim, deps: ProcessDependencies): Promise<Outcome | 'handed-over'> {
  const started = Date.now();
  const keeper = keepMemory(claim, deps);
  const stepDeps = { ...deps, keeper };
  const steps = deps.stream.read(taskFor(claim, keeper, deps));
  let next = steps.next();
  try {
    for (;;) {
      const step = await next;
      if (step.done === true) {
        if (step.value.kind === 'complete' && step.value.last !== undefined)
          await takeLastStep(step.value.last, claim, stepDeps);
        return step.value;
      }
      const isOver = step.value.pageDone === true && Date.now() - started > deps.budgetMs;
      if (!isOver) {
        next = steps.next();
        // The error is seen when the step is awaited; until then it must not count as unhandled.
        next.catch(() => undefined);
      }
      await storeStep(step.value, claim, stepDeps);
      if (isOver) return 'handed-over';
    }
  } finally {
    await closeReader(steps, next);
  }
}

/** Ends a reader that was left early, so that its answer is closed and its permit given back. */
async function closeReader(steps: AsyncGenerator<Progress, Outcome>, next: Promise<unknown>): Promise<void> {
  const closed = steps.return({ kind: 'complete' });
  await Promise.allSettled([next, closed]);
}

function taskFor(claim: Claim, { sent }: MemoryKeeper, deps: ProcessDependencies): WindowTask {
  const { record } = claim;
  return {
    ...record,
    window: record,
    attempts: record.readFailures ?? 0,
    ...(sent === undefined ? {} : { memory: sent }),
    ledger: (name) => loadKeys(record, name, deps.store),
    past: () => readPast(record, deps.store),
    onCall: () => countCall(record),
    signal: claim.signal,
    priority: record.run === 'live' ? 'live' : 'backfill',
    log: deps.log,
  };
}

async function conclude(claim: Claim, item: WorkItem, outcome: Outcome, deps: ProcessDependencies): Promise<void> {
  switch (outcome.kind) {
    case 'complete':
      return endWindow(claim, undefined, deps, outcome.last?.ledger);
    case 'skipped':
      return readAgainLater(claim, item, outcome.reason, deps);
    case 'split':
      return split(claim, outcome, deps);
    case 'short':
      resumeAt(claim.record, outcome.cursor);
      return readAgainLater(claim, item, missingOf(claim.record), deps);
  }
}

/** Ends a window: as closed, or as incomplete with what is missing. */
async function endWindow(
  claim: Claim,
  missing: string | undefined,
  deps: ProcessDependencies,
  ledger?: Progress['ledger'],
): Promise<void> {
  const { record } = claim;
  await claim.stop();
  const now = deps.clock.now();
  close(record, now, missing);
  await deps.store.saveWindow(record, ledger);
  const { counts, state, startedAt } = record;
  const fields = { ...counts, state, durationMs: startedAt === undefined ? 0 : now.getTime() - Date.parse(startedAt) };
  if (missing === undefined) deps.log.info('WindowClosed', fields);
  else deps.log.error('WindowIncomplete', { ...fields, error: missing });
  // An operator may have an incomplete one read again, and a look back may, perhaps by now: what it uploaded must not come again.
  if (missing === undefined && record.witness === undefined) await deps.store.clearLedger(record);
}

async function split(
  claim: Claim,
  outcome: Extract<Outcome, { kind: 'split' }>,
  deps: ProcessDependencies,
): Promise<void> {
  await claim.stop();
  const now = deps.clock.now();
  const slices = windowsOf(claim.record, outcome.slices, now);
  for (const slice of slices) enqueue(slice, now);
  await deps.store.splitWindow(claim.record, slices);
  deps.log.info('WindowSplit', { slices: slices.length, reason: outcome.reason });
  await sendAll(deps.queue, slices);
}

function missingOf({ counts }: WindowRecord): string {
  return `Qualys counts ${counts.expected ?? 0} records, ${counts.fetched} were received`;
}

/**
 * Keeps a window open in which something is missing, and closes it as incomplete only when that has lasted for a day or so: an outage of
 * minutes must not leave records out.
 */
async function readAgainLater(claim: Claim, item: WorkItem, missing: string, deps: ProcessDependencies): Promise<void> {
  const { record } = claim;
  const now = deps.clock.now();
  const openHours = (now.getTime() - Date.parse(fallShort(record, now))) / 3_600_000;
  if (openHours >= deps.incompleteAfterHours) return endWindow(claim, missing, deps);
  readAgain(record, missing);
  deps.log.warn('WindowShort', { ...record.counts, shortReads: record.shortReads });
  await storeHandOver(claim, item, deps, shortReadDelay(record.shortReads));
}
