import type { Progress } from '../pipeline/stream.ts';
import type { PageJudge, PageRoute } from '../qualys/call/page-judge.ts';

/**
 * Reads a page of a route whose pages ask for much. While the route is out it is only probed; a page that fails counts as its own fault only
 * when the route answers something else. The page's call is to be made with `isJudged`.
 * @throws OutageError, PageFaultError, or what else reading throws.
 */
export async function* readJudged<Page>(
  judge: PageJudge,
  route: PageRoute,
  read: () => AsyncGenerator<Progress, Page>,
): AsyncGenerator<Progress, Page> {
  await judge.enter(route);
  const startedAt = Date.now();
  try {
    const page = yield* read();
    await judge.answered(route, startedAt);
    return page;
  } catch (error) {
    throw await judge.faultOf(route, startedAt, error);
  }
}
