import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { compileTable, ofSubscription } from '../../records/record-table.ts';
import { callOptionsOf } from '../call-options.ts';
import { readPageChain } from '../read-page-chain.ts';
import type { StreamServices } from '../stream-definition.ts';
import { activityLogOf, filterOf } from './activity-log.ts';
import { createLogDecoder } from './decode-page.ts';
import { ENTRY_TABLE } from './entry-table.ts';

/** Reads a window of the log: pages of whole seconds, newest first, each naming the next one in its footer. */
export function readActivityWindow(
  task: WindowTask,
  { clock, settings, vm }: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const options = { ...callOptionsOf(task), isJudged: true };
  const ask = activityLogOf(vm, settings);
  const table = compileTable(ofSubscription(ENTRY_TABLE, settings.QUALYS_SUBSCRIPTION));
  return readPageChain(fromFilter(task), {
    api: vm,
    clock,
    route: 'vm/activity-log',
    path: '/fo/activity_log/',
    size: settings.ACTIVITY_PAGE_SIZE,
    filter: filterOf,
    fetch: async (query, after) => ({
      ...(await ask(query, after, options)),
      decode: (book, page) => createLogDecoder({ ...page, table }, book),
    }),
    records: 'entries',
    advice: ' by their Date: wait until Qualys filters again',
  });
}

/** Builds before the first release stored bounds instead of a filter, with which the whole log would be asked for: such a chain begins anew. */
function fromFilter({ cursor, ...task }: WindowTask): WindowTask {
  const { filter = '' } = (cursor ?? {}) as { readonly filter?: string };
  return cursor !== undefined && filter.includes('since_datetime=') ? { ...task, cursor } : task;
}
