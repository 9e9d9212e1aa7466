import { whyBackfillsWait } from '../health/find-waits.ts';
import type { BackfillView } from '../pipeline/backfill-answer.ts';
import { isRunning, listBackfills, viewBackfill } from '../pipeline/backfill.ts';
import { getServices } from '../services.ts';

/** The newest backfills, at most `limit`, and those that run; each that waits with why and until when. */
export async function viewBackfills(limit: number): Promise<BackfillView[]> {
  return withWaits(await listBackfills(getServices().backfills, limit));
}

/** The same of one; undefined when there is none of that id. */
export async function viewOneBackfill(id: string): Promise<BackfillView | undefined> {
  const view = await viewBackfill(id, getServices().backfills);
  return view === undefined ? undefined : (await withWaits([view]))[0];
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
