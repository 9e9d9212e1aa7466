import type { HttpRequest } from '@azure/functions';
import * as z from 'zod';
import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readBody } from '../http/read-request.ts';
import { checkBackfill } from '../http/check-backfill.ts';
import { cancelBackfill, listBackfills, startBackfill, viewBackfill, type BackfillView } from '../pipeline/backfill.ts';
import { getServices } from '../services.ts';

const time = z.string().max(40);

/** Body of a request for a backfill. */
export const backfillSchema = z.strictObject({
  stream: z.string().min(1).max(100).describe('Stream to read again.'),
  from: time.describe('First instant, ISO 8601.'),
  to: time.describe('First instant after the range, ISO 8601; at most the watermark.'),
});

/** Starts a backfill. */
export const startOne = handle(async (request) => {
  const { backfills, settings, streams } = getServices();
  const wanted = await readBody(request, backfillSchema);
  const range = await checkBackfill(wanted, {
    store: backfills.store,
    streams: streams.map(({ name }) => name),
    maxDays: settings.BACKFILL_MAX_DAYS,
    maxRunning: settings.BACKFILL_MAX_RUNNING,
  });
  const { backfill, isNew } = await startBackfill(range, backfills);
  const { id, stream, from, to, status } = backfill;
  const statusUrl = `${request.url.replace(/[?#].*$/, '').replace(/\/$/, '')}/${id}`;
  return json({ id, stream, from, to, status, statusUrl }, isNew ? 202 : 200, { location: statusUrl });
});

/** Lists all backfills, newest first. */
export const listAll = handle(async () => json(await listBackfills(getServices().backfills)));

/** Tells how far a backfill is. */
export const viewOne = handle(async (request) =>
  one(request, await viewBackfill(idOf(request), getServices().backfills)),
);

/** Cancels what has not started. */
export const cancelOne = handle(async (request) =>
  one(request, await cancelBackfill(idOf(request), getServices().backfills)),
);

function idOf(request: HttpRequest): string {
  const id = request.params.id ?? '';
  if (!/^[\w-]{1,64}$/.test(id)) throw notFound(id);
  return id;
}

function one(request: HttpRequest, view: BackfillView | undefined) {
  if (view === undefined) throw notFound(idOf(request));
  return json(view);
}

function notFound(id: string): ProblemError {
  return new ProblemError(404, `there is no backfill ${JSON.stringify(id.slice(0, 64))}`);
}
