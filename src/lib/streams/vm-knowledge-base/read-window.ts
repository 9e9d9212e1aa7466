import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { queryWithin } from '../../qualys/vm/vm-parameters.ts';
import type { IdCursor } from '../id-cursor.ts';
import { readIdPages } from '../read-id-pages.ts';
import type { StreamServices } from '../stream-definition.ts';
import { vmPages } from '../vm-pages.ts';
import { EVERYTHING } from './plan.ts';
import { knowledgeBaseOf, VULNERABILITY_LIST, VULNERABILITY_TABLE } from './vulnerability-table.ts';

/** The time of the last change. */
const CHANGED = ['last_modified_after', 'last_modified_before'] as const;

/** Where reading a window stands. */
interface KnowledgeBaseCursor extends IdCursor {
  /** What is asked of the vendor: the same for all pages, whatever becomes of the settings meanwhile. */
  readonly query: string;
}

/** Reads the vulnerabilities that Qualys changed within a window, or all there are, in the order of their QIDs. */
export async function* readKnowledgeBase(
  task: WindowTask,
  services: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const { settings } = services;
  const { slice, ...window } = task.window;
  const query = slice === EVERYTHING ? settings.KB_PARAMS : queryWithin(settings.KB_PARAMS, CHANGED, window);
  const start = (task.cursor ?? { query, received: 0 }) as unknown as KnowledgeBaseCursor;
  const pages = vmPages(task, services, {
    list: knowledgeBaseOf(settings),
    query: start.query,
    pageSize: settings.KB_PAGE_SIZE,
    shape: VULNERABILITY_LIST,
    table: VULNERABILITY_TABLE,
  });
  const { left = [] } = yield* readIdPages(task, pages, start);
  if (left.length === 0) return { kind: 'complete' };
  return { kind: 'skipped', reason: `QIDs left out after failing on their own: ${left.join(', ')}` };
}
