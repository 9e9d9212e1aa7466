import type { HttpRequest } from '@azure/functions';
import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readBody, readQuery } from '../http/read-request.ts';
import { backfillBody, backfillId, backfillsQuery } from '../http/requests.ts';
import { checkBackfill } from '../http/check-backfill.ts';
import { cancelBackfill, listBackfills, startBackfill, viewBackfill, type BackfillView } from '../pipeline/backfill.ts';
import { getServices } from '../services.ts';

/** Starts a backfill. */
export const startOne = handle(async (request) => {
  const { backfills, settings, streams } = getServices();
  const wanted = await readBody(request, backfillBody);
  const range = await checkBackfill(wanted, {
    store: backfills.store,
    streams,
    maxDays: settings.BACKFILL_MAX_DAYS,
    maxRunning: settings.BACKFILL_MAX_RUNNING,
  });
  const { backfill, isNew } = await startBackfill(range, backfills);
  const { id, stream, from, to, status } = backfill;
  const statusUrl = `${request.url.replace(/[?#].*$/, '').replace(/\/$/, '')}/${id}`;
  return json({ id, stream, from, to, status, statusUrl }, isNew ? 202 : 200, { location: statusUrl });
});

/** Lists backfills, newest first. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, backfillsQuery);
  return json(await listBackfills(getServices().backfills, Number(limit)));
});

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
  if (!backfillId.safeParse(id).success) throw notFound(id);
  return id;
}

function one(request: HttpRequest, view: BackfillView | undefined) {
  if (view === undefined) throw notFound(idOf(request));
  return json(view);
}

function notFound(id: string): ProblemError {
  return new ProblemError(404, `there is no backfill ${JSON.stringify(id.slice(0, 64))}`);
}
