import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readQuery } from '../http/read-request.ts';
import { windowKey } from '../answer-values.ts';
import { operateQuery, retryQuery, windowsQuery } from '../http/requests.ts';
import { resumeBackfill } from '../pipeline/backfill.ts';
import { retryWindow, retryWindows, waiveWindow } from '../pipeline/operate-window.ts';
import { isFinished, isUnacknowledged } from '../pipeline/plan-windows.ts';
import type { CheckpointStore, WindowRecord, WorkItem } from '../pipeline/ports.ts';
import { viewWindow } from '../pipeline/view-window.ts';
import { getServices } from '../services.ts';
import { streamOf } from './stream-of.ts';

const HOUR_MS = 3_600_000;

/** Lists windows of a stream: the latest live ones, or all of a backfill. */
export const listWindows = handle(async (request) => {
  const { hours = '24', run, state } = readQuery(request, windowsQuery);
  const { store, clock } = getServices();
  const since = run === 'live' ? clock.now().getTime() - Number(hours) * HOUR_MS : 0;
  const states = state?.split(',');
  const stream = streamOf(request);
  const records = await store.listWindows(stream, run);
  if (records.length === 0) await throwIfNoBackfill(stream, run, store);
  const shown = records
    .filter((record) => Date.parse(record.to) >= since || !isFinished(record) || isUnacknowledged(record))
    .filter((record) => states?.includes(record.state) ?? true);
  return json({ windows: shown.map((record) => viewWindow(record, clock.now())) });
});

/** Puts a failed, waiting or incomplete window back into the queue at once. */
export const retry = handle((request) => {
  const { accept, ...about } = readQuery(request, retryQuery);
  const action = accept === undefined ? 'window-retried' : `window-retried-accepting-${accept}`;
  return operate(request, { ...about, action }, (item, services) => retryWindow(item, { ...services, accept }));
});

/** The same with all of a run that failed, fell short or wait. */
export const retryAll = handle(async (request) => {
  const { run, reason } = readQuery(request, operateQuery);
  const stream = streamOf(request);
  const services = getServices();
  await throwIfNoBackfill(stream, run, services.store);
  const { retried, ...failure } = await retryWindows({ stream, run }, services);
  // Also where none is left: a try before may have failed behind its windows.
  await resumeBackfill(run, services.backfills);
  const target = `${stream}/${run}, ${retried} windows`;
  await services.audit.write({ action: 'windows-retried', target, reason });
  services.log.info('WindowsRetried', { stream, run, windows: retried });
  if ('error' in failure) throw failure.error;
  return json({ retried });
});

/** Gives a window up, or acknowledges an incomplete one. */
export const waive = handle((request) =>
  operate(request, { ...readQuery(request, operateQuery), action: 'window-waived' }, waiveWindow),
);

/** What is asked, and how it is written into the audit. */
interface Asked {
  readonly run: string;
  readonly reason?: string | undefined;
  readonly action: string;
}

type Act = (item: WorkItem, services: ReturnType<typeof getServices>) => Promise<WindowRecord | undefined>;

async function operate(request: HttpRequest, asked: Asked, act: Act): Promise<HttpResponseInit> {
  const { run, reason, action } = asked;
  const services = getServices();
  const { window = '' } = request.params;
  const item: WorkItem = { version: 1, stream: streamOf(request), run, window };
  if (!windowKey.safeParse(window).success) throw notFound(item);
  const record = await act(item, services);
  if (record === undefined) throw await whyNot(item, services);
  await resumeBackfill(run, services.backfills);
  const target = `${item.stream}/${run}/${window}`;
  await services.audit.write({ action, target, reason });
  // Given up, it no longer holds the watermark, or the end of its backfill.
  if (act === waiveWindow) await services.goOnAfter(record);
  services.log.info(act === waiveWindow ? 'WindowWaived' : 'WindowRetried', { stream: item.stream, run, window });
  return json(viewWindow(record, services.clock.now()));
}

async function throwIfNoBackfill(stream: string, run: string, store: CheckpointStore): Promise<void> {
  if (run === 'live' || (await store.readBackfill(run))?.stream === stream) return;
  throw new ProblemError(404, `stream ${stream} has no backfill ${JSON.stringify(run)}`);
}

async function whyNot(item: WorkItem, { store }: ReturnType<typeof getServices>): Promise<ProblemError> {
  const record = await store.readWindow(item.stream, item.run, item.window);
  if (record === undefined) return notFound(item);
  return new ProblemError(
    409,
    `the window is ${record.claim === undefined ? record.state : 'in work'}: nothing was changed`,
  );
}

function notFound({ stream, window }: WorkItem): ProblemError {
  return new ProblemError(404, `stream ${stream} has no window ${JSON.stringify(window.slice(0, 100))}`);
}
