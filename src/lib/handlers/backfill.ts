import { requestBackfill } from '../actions/start-backfill.ts';
import { cancelOneBackfill, viewBackfills, viewOneBackfill } from '../actions/view-backfills.ts';
import { checkBackfill } from '../http/check-backfill.ts';
import { handle, json } from '../http/handle.ts';
import { readBody, readQuery } from '../http/read-request.ts';
import { backfillBody, backfillsQuery, estimateQuery } from '../http/requests.ts';
import { estimateBackfill } from '../pipeline/estimate-backfill.ts';
import { getServices } from '../services.ts';

/** Starts a backfill. */
export const startOne = handle(async (request) => {
  const { backfill, isNew } = await requestBackfill(await readBody(request, backfillBody));
  const statusUrl = `${request.url.replace(/[?#].*$/, '').replace(/\/$/, '')}/${backfill.id}`;
  // Not 202: Logic Apps and Power Automate would poll the Location, and need not bring the key there (docs/api.md).
  return json({ ...backfill, statusUrl }, isNew ? 201 : 200, { location: statusUrl });
});

/** Tells what a backfill would cost, and starts nothing. */
export const estimate = handle(async (request) => {
  const wanted = readQuery(request, estimateQuery);
  const services = getServices();
  const { stream, ...range } = await checkBackfill(wanted, services);
  const { backfills, clock, limiter, store, streams } = services;
  const api = streams.find(({ name }) => name === stream)?.api ?? 'edr';
  const names = streams.filter((each) => each.api === api).map(({ name }) => name);
  const [{ budget }, ...windows] = await Promise.all([
    limiter.view(api),
    ...names.map((name) => store.listWindows(name, 'live')),
  ]);
  const estimated = estimateBackfill({
    stream,
    range,
    windowMinutes: backfills.windowMinutes(stream),
    windows: windows[names.indexOf(stream)] ?? [],
    sharing: windows.flat(),
    budget,
    now: clock.now(),
  });
  return json(estimated);
});

/** Lists backfills, newest first. */
export const listAll = handle(async (request) => {
  const { limit } = readQuery(request, backfillsQuery);
  return json(await viewBackfills(Number(limit)));
});

/** Tells how far a backfill is. */
export const viewOne = handle(async ({ params }) => json(await viewOneBackfill(params.id ?? '')));

/** Cancels what has not started. */
export const cancelOne = handle(async ({ params }) => json(await cancelOneBackfill(params.id ?? '')));
