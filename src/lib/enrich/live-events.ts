import { RetryableError } from '../errors.ts';
import type { CallOptions } from '../qualys/call/call-qualys.ts';
import type { EdrQuery } from '../qualys/edr/edr-api.ts';
import { lookupFilter, type Lookup } from '../qualys/edr/lookup-filter.ts';
import { createEdrPageDecoder } from '../streams/edr-events/decode-page.ts';
import type { EdrChunk } from '../streams/edr-events/event-page.ts';
import type { EnrichDependencies } from './asked.ts';
import type { EventRow } from './event-row.ts';

/** Matching events, newest first. */
export interface FoundRows {
  readonly rows: readonly EventRow[];
  /** All that match; null when that could not be counted. */
  readonly total: number | null;
  /** Records that no row could be made of. */
  readonly unreadable: number;
  /** Why the events could not be counted. */
  readonly countError?: unknown;
}

/** Events read at most: a page that peers have found to work, within the vendor's reach. */
export const MAX_LIVE_EVENTS = 500;
/** Longest answer read, in bytes. */
const MAX_ANSWER_BYTES = 32_000_000;
/** The filter's bounds decide which events come; the decoder drops none for its time. */
const ANY_TIME = { from: '0001-01-01T00:00:00Z', to: '9999-12-31T00:00:00Z' };

type LiveDependencies = Pick<EnrichDependencies, 'edr' | 'settings'>;

/**
 * Looks events up in Qualys itself: one call, and one more to count what was found, because the vendor may cap a page.
 * @throws the classes of `errors.ts` when the events could not be read.
 */
export async function findLiveEvents(
  lookup: Lookup,
  window: { readonly from: string; readonly to: string },
  { edr, settings }: LiveDependencies,
  options: CallOptions,
): Promise<FoundRows> {
  const query = {
    filter: lookupFilter(settings, lookup, window),
    sort: JSON.stringify([{ [settings.EDR_TIME_TOKEN]: 'desc' }]),
    state: settings.EDR_STATE,
  };
  const { rows, records, unreadable } = await readPage(query, { edr, settings }, options);
  if (records === 0) return { rows, total: 0, unreadable };
  try {
    return { rows, total: Math.max(rows.length, await edr.count(query, options)), unreadable };
  } catch (countError) {
    return { rows, total: null, unreadable, countError };
  }
}

async function readPage(
  query: EdrQuery,
  { edr, settings }: LiveDependencies,
  options: CallOptions,
): Promise<{ rows: EventRow[]; records: number; unreadable: number }> {
  const answer = await edr.events({ ...query, pageNumber: 0, pageSize: MAX_LIVE_EVENTS }, options);
  const decoder = createEdrPageDecoder({
    generatedAt: new Date(),
    window: ANY_TIME,
    timeField: settings.EDR_TIME_FIELD,
    severityTable: settings.EDR_SEVERITY_TABLE,
    isUploaded: () => false,
    isFetched: () => false,
  });
  const chunks: EdrChunk[] = [];
  let bytesRead = 0;
  try {
    for await (const bytes of answer.body) {
      bytesRead += bytes.byteLength;
      if (bytesRead > MAX_ANSWER_BYTES) {
        throw new RetryableError(`Qualys EDR answered more than ${MAX_ANSWER_BYTES} bytes: narrow the hours`);
      }
      chunks.push(...decoder.write(bytes));
    }
    const { chunks: last, end } = decoder.end();
    const rows = [...chunks, ...last].flatMap(({ json }) => JSON.parse(Buffer.from(json).toString()) as EventRow[]);
    const isWhole = ({ EventId, PartNumber }: EventRow): boolean => EventId !== undefined && PartNumber === 1;
    return { rows: rows.filter(isWhole), records: end.records, unreadable: end.unreadable };
  } finally {
    answer.cancel();
  }
}
