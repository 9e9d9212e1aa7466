import { RetryableError } from '../errors.ts';
import type { CallOptions } from './call/call-qualys.ts';
import type { QualysAnswer } from './call/qualys-answer.ts';
import { readRecords } from './edr/edr-answers.ts';
import type { EdrApi, EdrPages, EdrQuery } from './edr/edr-api.ts';
import { rootOf } from './refusals/parse-return.ts';
import { vendorText } from './refusals/vendor-text.ts';
import type { VmApi } from './vm/vm-api.ts';
import type { IdList } from './vm/vm-targets.ts';

const LIMIT_MS = 20_000;
const MOST_LIST_BYTES = 4_000_000;

/**
 * Logs in and reads one event: a login alone passes for accounts without EDR rights.
 * @param query narrows what is read, e.g. the filter of the last day; the page size is ours.
 * @returns a sentence for the ping; @throws the classes of `errors.ts` with the reason.
 */
export function probeEdr(api: EdrApi, query: EdrQuery = {}, limitMs = LIMIT_MS): Promise<string> {
  return probeCall('EDR', limitMs, async (options) => {
    const answer = await api.events({ ...query, pageNumber: 0, pageSize: 1 }, options);
    return readOne(answer, 'event');
  });
}

/** Logs in and reads one record of other pages, called `what`: rights for events are not rights for all. */
export function probePages(
  api: EdrApi,
  pages: EdrPages,
  what: string,
  filter: string,
  limitMs = LIMIT_MS,
): Promise<string> {
  return probeCall('EDR', limitMs, async (options) => {
    const { answer } = await api.searchAfter({ filter, pageSize: 1 }, undefined, options, pages);
    return readOne(answer, what);
  });
}

/** Asks for a page of a list with the parameters that the windows use: some accounts may not read it, others not all that is asked for. */
export function probeList(api: VmApi, list: IdList, query: string, limitMs = LIMIT_MS): Promise<string> {
  return probeCall('VM', limitMs, async (options) => {
    const answer = await api.listPage(list, { query, idMin: 1n, idMax: 1n }, 1, options);
    const text = await answer.text(MOST_LIST_BYTES);
    if (rootOf(text) !== list.root) throw await api.documentError(text, answer, options);
    return 'the list may be read';
  });
}

/** Asks the VM API for its versions, which needs valid credentials with API access. */
export function probeVm(api: VmApi, limitMs = LIMIT_MS): Promise<string> {
  return probeCall('VM', limitMs, async (options) => {
    const { web } = await api.about(options);
    return web === undefined ? 'credentials accepted' : `credentials accepted by version ${vendorText(web)}`;
  });
}

/** Makes a call of a person's, which has to come within `limitMs`. */
export async function probeCall(
  api: string,
  limitMs = LIMIT_MS,
  probe: (options: CallOptions) => Promise<string>,
): Promise<string> {
  const stop = new AbortController();
  const timer = setTimeout(() => {
    stop.abort(new RetryableError(`Qualys ${api} did not answer within ${limitMs / 1000} s`, { scope: 'timeout' }));
  }, limitMs);
  try {
    return await probe({ priority: 'interactive', signal: stop.signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Reads an answer that holds one record at most, and says so. */
async function readOne(answer: QualysAnswer, what: string): Promise<string> {
  const records = await readRecords(answer, what);
  return `logged in and read ${records.length === 0 ? `no ${what} (there is none)` : `one ${what}`}`;
}
