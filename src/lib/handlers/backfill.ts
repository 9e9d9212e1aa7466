import type { HttpRequest } from '@azure/functions';
import { requestBackfill } from '../actions/start-backfill.ts';
import { estimateWanted } from '../actions/estimate-backfill.ts';
import { viewBackfills, viewOneBackfill } from '../actions/view-backfills.ts';
import { handle, json } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';
import { readBody, readQuery } from '../http/read-request.ts';
import { backfillBody, backfillsQuery, estimateQuery } from '../http/requests.ts';
import { backfillId } from '../answer-values.ts';
import type { BackfillView } from '../pipeline/backfill-answer.ts';
import { cancelBackfill } from '../pipeline/backfill.ts';
import { getServices } from '../services.ts';

/** Starts a backfill. */
export const startOne = handle(async (request) => {
  const { backfill, isNew } = await requestBackfill(await readBody(request, backfillBody));
  const statusUrl = `${request.url.replace(/[?#].*$/, '').replace(/\/$/, '')}/${backfill.id}`;
  // Not 202: Logic Apps and Power Automate would poll the Location, and need not bring the key there (docs/api.md).
  return json({ ...backfill, statusUrl }, isNew ? 201 : 200, { location: statusUrl });
});

/** Tells what a backfill would cost. */
export const estimate = handle(async (request) => json(await estimateWanted(readQuery(request, estimateQuery))));

/** Lists backfills, newest first. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, backfillsQuery);
  return json(await viewBackfills(Number(limit)));
});

/** Tells how far a backfill is. */
export const viewOne = handle(async (request) => one(request, await viewOneBackfill(idOf(request))));

/** Cancels what has not started. */
export const cancelOne = handle(async (request) => {
  const { backfills, audit } = getServices();
  const view = await cancelBackfill(idOf(request), backfills);
  if (view?.status === 'cancelled')
    await audit.write({ action: 'backfill-cancelled', target: `${view.stream}/${view.id}` });
  return one(request, view);
});

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
