import type { Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { compileTable, ofSubscription } from '../../records/record-table.ts';
import { judgeBrokenText } from '../broken-text.ts';
import { callOptionsOf } from '../call-options.ts';
import { readPageChain } from '../read-page-chain.ts';
import type { StreamServices } from '../stream-definition.ts';
import { activityLogOf } from './activity-log.ts';
import { createLogDecoder } from './decode-page.ts';
import { ENTRY_TABLE } from './entry-table.ts';
import type { EqualEntries } from './number-entries.ts';

/** As broken text is told and judged. */
const ROUTE = '/fo/activity_log/';

/** Reads a window of the log: pages of whole seconds, newest first, each naming the next one in its footer. */
export function readActivityWindow(
  task: WindowTask,
  { clock, settings, vm }: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const options = callOptionsOf(task);
  const ask = activityLogOf(vm, settings);
  const table = compileTable(ofSubscription(ENTRY_TABLE, settings.QUALYS_SUBSCRIPTION));
  const spanOf = (filter: string): { from: string; to: string } => {
    const [from = '', to = ''] = filter.split('/');
    return { from, to };
  };
  return readPageChain(task, {
    route: 'vm/activity-log',
    judge: vm.judge,
    size: settings.ACTIVITY_PAGE_SIZE,
    filter: ({ from, to }) => `${from}/${to}`,
    fetch: ({ filter, size }, after) => ask({ ...spanOf(filter), size }, after, { ...options, isJudged: true }),
    probe: async (filter) =>
      (await ask({ ...spanOf(filter), size: 1 }, undefined, { ...options, isJudged: true })).cancel(),
    decode: (_, book, { broken: before, carry, proof = 0, size }) => {
      const now = clock.now();
      return createLogDecoder(
        {
          table,
          generatedAt: now,
          size: proof > 0 ? proof : size,
          carry: carry as unknown as EqualEntries | undefined,
          onBroken: judgeBrokenText({ api: vm, route: ROUTE, now, before }),
        },
        book,
      );
    },
    records: 'entries',
    advice: ' by their Date',
  });
}
