import type * as z from 'zod';
import { checkBackfill } from '../http/check-backfill.ts';
import type { backfillBody } from '../http/requests.ts';
import type { BackfillEstimate } from '../pipeline/backfill-answer.ts';
import { estimateBackfill } from '../pipeline/estimate-backfill.ts';
import { getServices } from '../services.ts';

/** Tells what a backfill would cost, and starts nothing. @throws ProblemError (400, 409) where it could not be started. */
export async function estimateWanted(wanted: z.output<typeof backfillBody>): Promise<BackfillEstimate> {
  const services = getServices();
  const { stream, ...range } = await checkBackfill(wanted, services);
  const { backfills, clock, limiter, store, streams } = services;
  const api = streams.find(({ name }) => name === stream)?.api ?? 'edr';
  const names = streams.filter((each) => each.api === api).map(({ name }) => name);
  const [limit, ...windows] = await Promise.all([
    limiter.view(api),
    ...names.map((name) => store.listWindows(name, 'live')),
  ]);
  return estimateBackfill({
    stream,
    range,
    windowMinutes: backfills.windowMinutes(stream),
    windows: windows[names.indexOf(stream)] ?? [],
    sharing: windows.flat(),
    budget: limit.budget,
    now: clock.now(),
  });
}
