import { FatalError, RetryableError } from '../../errors.ts';
import type { Json, Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import type { CallOptions } from '../../qualys/call-qualys.ts';
import type { QualysAnswer } from '../../qualys/qualys-answer.ts';
import { incidentFilter } from '../../qualys/qql.ts';
import { callOptionsOf } from '../call-options.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createIncidentPageDecoder, type IncidentChunk, type IncidentPageEnd } from './decode-incidents.ts';
import { incidentTable } from './incident-columns.ts';

/** Where reading a window stands. */
interface IncidentCursor {
  /** What is asked: the same for all pages, whatever becomes of the settings meanwhile. */
  readonly filter: string;
  /** Next page, from 0. */
  readonly page: number;
  /** Incidents a page. */
  readonly size: number;
  /** Vendor's cursor of the next page. */
  readonly after?: string;
  /** Set while a full page that named no next one is read again, one incident shorter. */
  readonly isProof?: boolean;
}

interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly options: CallOptions;
  /** Keys of the records uploaded so far. */
  readonly uploaded: Set<string>;
}

/** Pages of one window; more is a vendor that never ends. */
const MAX_PAGES = 20_000;

/**
 * Reads a window of incidents by their last update: pages in the vendor's own order, each naming the next in a header. Qualys documents no
 * count of incidents, so a window is complete when its chain of pages has ended.
 */
export async function* readIncidentWindow(
  task: WindowTask,
  services: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const { settings } = services;
  const reading: Reading = {
    task,
    services,
    options: callOptionsOf(task),
    uploaded: await task.ledger('uploaded'),
  };
  let cursor = (task.cursor ?? {
    filter: incidentFilter(settings, task.window),
    page: 0,
    size: settings.INCIDENTS_PAGE_SIZE,
  }) as unknown as IncidentCursor;
  for (;;) {
    if (cursor.page >= MAX_PAGES) throw new FatalError(`the window does not end after ${MAX_PAGES} pages`);
    const { filter, size, after } = cursor;
    const { answer, nextCursor } = await services.edr.incidents({ filter, pageSize: size }, after, reading.options);
    const end = yield* decode(reading, answer, cursor);
    const next = nextPage(cursor, end.records, nextCursor);
    yield { cursor: toJson(next ?? cursor), pageDone: true };
    if (next === undefined) return { kind: 'complete' };
    cursor = next;
  }
}

async function* decode(
  { services, task, uploaded }: Reading,
  answer: QualysAnswer,
  cursor: IncidentCursor,
): AsyncGenerator<Progress, IncidentPageEnd> {
  const { clock, settings } = services;
  const decoder = createIncidentPageDecoder({
    table: incidentTable(settings),
    generatedAt: clock.now(),
    window: task.window,
    timeField: settings.INCIDENTS_TIME_FIELD,
    isUploaded: (key) => uploaded.has(key),
  });
  const toProgress = (chunk: IncidentChunk): Progress => {
    for (const key of chunk.keys) uploaded.add(key);
    const keys = new Uint8Array(Buffer.from(chunk.keys.join(''), 'latin1'));
    const ledger = keys.length === 0 ? {} : { ledger: { uploaded: keys } };
    return { chunk, cursor: toJson(cursor), fetched: chunk.keys.length, ...ledger };
  };
  try {
    for await (const bytes of answer.body) for (const chunk of decoder.write(bytes)) yield toProgress(chunk);
    const { chunks, end } = decoder.end();
    for (const chunk of chunks) yield toProgress(chunk);
    if (end.unreadable > 0) task.log.warn('RecordUnreadable', { records: end.unreadable });
    return end;
  } finally {
    answer.cancel();
  }
}

/**
 * The cursor of the next page; undefined after the last one. An empty page with a new cursor is not the end; the same cursor twice is an
 * error, not a loop. A full page without a cursor may be the last one, or may have lost its header: it is asked for once more, one incident
 * shorter, and must then name a next page.
 */
function nextPage(cursor: IncidentCursor, records: number, after: string | undefined): IncidentCursor | undefined {
  const { isProof, ...kept } = cursor;
  const isFull = records >= cursor.size;
  if (after === undefined) {
    if (!isFull) return undefined;
    if (isProof === true)
      throw new RetryableError('searchAfter names no next page, although there are more incidents', {
        scope: 'answer',
      });
    return { ...cursor, size: cursor.size - 1, isProof: true };
  }
  if (after === cursor.after) {
    if (records === 0) return undefined;
    throw new RetryableError('searchAfter gave the same cursor twice', { scope: 'answer' });
  }
  return { ...kept, page: cursor.page + 1, size: isProof === true ? cursor.size + 1 : cursor.size, after };
}

function toJson(cursor: IncidentCursor): Json {
  return { ...cursor };
}
