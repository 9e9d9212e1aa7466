import { Readable } from 'node:stream';
import type { Settings } from '../../config.ts';
import type { CallOptions } from '../../qualys/call/call-qualys.ts';
import type { VmApi } from '../../qualys/vm/vm-api.ts';
import type { PageAnswer } from '../read-page-chain.ts';

/** Ten thousand entries of some KB. What is longer comes with fewer entries a page. */
const MOST_BYTES = 64 * 1024 * 1024;
const BEGIN = '----BEGIN_RESPONSE_';

/** Parameters that select entries, from the first second to the last one, ISO 8601. */
export function filterOf({ from, to }: { readonly from: string; readonly to: string }): string {
  return new URLSearchParams({ since_datetime: from, until_datetime: to }).toString();
}

/**
 * The call for a page of the log, newest entry first; behind the first page `idMax` tells where to go on. The page is read whole: it is CSV
 * between two marks, and anything else is an error of the vendor's, which is thrown.
 */
export function activityLogOf(
  vm: VmApi,
  { ACTIVITY_API_VERSION: version }: Settings,
): (
  query: { filter: string; size: number },
  idMax: string | undefined,
  options: CallOptions,
) => Promise<Pick<PageAnswer, 'body' | 'cancel'>> {
  return async ({ filter, size }, idMax, options) => {
    const parameters = new URLSearchParams(`action=list&${filter}&truncation_limit=${size}`);
    if (idMax !== undefined) parameters.set('id_max', idMax);
    const target = { route: 'vm/activity-log', path: `/api/${version}/fo/activity_log/` } as const;
    const answer = await vm.call(target, parameters, options);
    const bytes = Buffer.from(await answer.bytes(MOST_BYTES));
    if (bytes.subarray(0, 200).toString('latin1').trimStart().startsWith(BEGIN)) {
      return { body: Readable.from([bytes]) as AsyncIterable<Uint8Array>, cancel: answer.cancel };
    }
    answer.cancel();
    throw await vm.documentError(bytes.toString('utf8'), answer, options);
  };
}
