import type { WindowTask } from '../pipeline/stream.ts';
import type { IdList } from '../qualys/vm/vm-targets.ts';
import { ofSubscription } from '../records/record-table.ts';
import { callOptionsOf } from './call-options.ts';
import type { IdPages } from './id-cursor.ts';
import type { StreamServices } from './stream-definition.ts';

/** A list of the VM API as {@link IdPages}: what a stream tells of it. */
export interface VmList extends Pick<IdPages, 'pageSize' | 'shape' | 'table'> {
  readonly list: IdList;
  /** Parameters that select and show records, as a query string. */
  readonly query: string;
}

/** Binds a list to the VM API for one window. */
export function vmPages(
  task: WindowTask,
  { clock, settings, vm }: StreamServices,
  { list, query, table, ...rest }: VmList,
): IdPages {
  const options = callOptionsOf(task);
  return {
    ...rest,
    table: ofSubscription(table, settings.QUALYS_SUBSCRIPTION),
    now: clock.now,
    ids: (bounds) => vm.listIds(list, { query, ...bounds }, options),
    page: (bounds, limit) => vm.listPage(list, { query, ...bounds }, limit, { ...options, isJudged: true }),
    judge: vm.judge,
    route: (others) => ({ route: list.route, probe: () => vm.probeList(list, { query, ...others }, 1, options) }),
    documentError: (text, answer) => vm.documentError(text, answer, options),
  };
}
