import { backfillId } from '../answer-values.ts';
import { whyBackfillsWait } from '../health/find-waits.ts';
import { ProblemError } from '../http/problem.ts';
import type { BackfillView } from '../pipeline/backfill-answer.ts';
import { cancelBackfill, isRunning, listBackfills, viewBackfill } from '../pipeline/backfill.ts';
import { getServices } from '../services.ts';

/** The newest backfills, at most `limit`, and those that run; each that waits with why and until when. */
export async function viewBackfills(limit: number): Promise<BackfillView[]> {
  return withWaits(await listBackfills(getServices().backfills, limit));
}

/** The same of one. @throws ProblemError (404) when there is none of that id. */
export async function viewOneBackfill(id: string): Promise<BackfillView> {
  const view = await existing(id, viewBackfill);
  return (await withWaits([view]))[0] ?? view;
}

/** Cancels what has not started of one. @throws ProblemError (404) when there is none of that id. */
export async function cancelOneBackfill(id: string): Promise<BackfillView> {
  const view = await existing(id, cancelBackfill);
  const { stream, status } = view;
  if (status === 'cancelled')
    await getServices().audit.write({ action: 'backfill-cancelled', target: `${stream}/${id}` });
  return view;
}

async function existing(id: string, find: typeof viewBackfill): Promise<BackfillView> {
  const view = backfillId.safeParse(id).success ? await find(id, getServices().backfills) : undefined;
  if (view === undefined) throw new ProblemError(404, `there is no backfill ${JSON.stringify(id.slice(0, 64))}`);
  return view;
}

/** What keeps all callers of an API explains more than what a window was told. */
async function withWaits(views: readonly BackfillView[]): Promise<BackfillView[]> {
  const { clock, limiter, streams } = getServices();
  const apiOf = (stream: string) => streams.find(({ name }) => name === stream)?.api;
  const apis = [...new Set(views.filter(isRunning).flatMap(({ stream }) => apiOf(stream) ?? []))];
  const limits = await Promise.all(apis.map((api) => limiter.view(api)));
  const time = clock.now().toISOString();
  return views.map((view) => {
    const limit = isRunning(view) ? limits.find(({ api }) => api === apiOf(view.stream)) : undefined;
    const wait = limit === undefined ? undefined : whyBackfillsWait(limit, time);
    return wait === undefined ? view : { ...view, waits: wait };
  });
}
