import { FatalError, messageOf, PageFaultError, RetryableError } from '../../errors.ts';
import type { Json, Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { isoSeconds } from '../../pipeline/window.ts';
import type { CallOptions } from '../../qualys/call/call-qualys.ts';
import type { PageRoute } from '../../qualys/call/page-judge.ts';
import type { SearchAfterAnswer } from '../../qualys/edr/edr-api.ts';
import { incidentFilter } from '../../qualys/edr/qql.ts';
import type { QualysAnswer } from '../../qualys/call/qualys-answer.ts';
import { BrokenTextError, judgeBrokenText, type BrokenText } from '../broken-text.ts';
import { callOptionsOf } from '../call-options.ts';
import { readJudged } from '../read-judged.ts';
import { followChain, startOver, type ChainCursor } from '../follow-chain.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createIncidentPageDecoder, type IncidentPageDecoder, type IncidentPageEnd } from './decode-incidents.ts';
import { incidentTable } from './incident-columns.ts';
import type { IncidentChunk } from './incident-page.ts';

/** Where reading a window stands. */
interface IncidentCursor extends ChainCursor {
  /** What is asked: the same for all pages of a chain, whatever becomes of the settings meanwhile. */
  readonly filter: string;
  /** Incidents a page. */
  readonly size: number;
  /** What the next page was refused for. */
  readonly broken?: BrokenText;
}

interface Reading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly options: CallOptions;
  /** Keys of the records received so far, those left to the windows beside included. */
  readonly known: Set<string>;
  /** Records of this window received so far. */
  fetched: number;
}

/** A page is held until it is known to be of the window, up to so many bytes. */
const MAX_HELD_BYTES = 24 * 1024 * 1024;
/** Records that may lie outside, as a part of a full page. */
const MAX_OUTSIDE = 0.1;
const NO_CONTENT = 204;
const ROUTE = '/ioc/incidents/searchAfter';
/** Documents that a record may come in, at the most, while a chain repeats what is known. */
const MOST_COPIES = 4;
/** A time filter may leave out its bounds, and see whole seconds only. */
const EARLY_MS = 1000;
/** Time before a window of which one incident is asked for, to see whether the route answers. */
const PROBE_MS = 86_400_000;

/**
 * Reads a window of incidents by their last update: pages in the vendor's own order, each naming the next in a header. Qualys documents no
 * count of incidents, so a window is complete when its chain of pages is proven to have ended. A chain that leads nowhere, or whose cursor
 * is refused, starts over; what was uploaded is not uploaded again.
 */
export async function* readIncidentWindow(
  task: WindowTask,
  services: StreamServices,
): AsyncGenerator<Progress, Outcome> {
  const reading: Reading = {
    task,
    services,
    options: callOptionsOf(task),
    known: await task.ledger('uploaded'),
    fetched: task.counts.fetched,
  };
  let cursor = startOf(reading, task.cursor as unknown as IncidentCursor | undefined);
  for (;;) {
    const { end, after } = yield* readJudged(services.edr.judge, routeOf(reading), () => readPage(reading, cursor));
    const { broken: _, ...chain } = cursor;
    const step = followChain(chain, { ...end, ...(after === undefined ? {} : { after }) });
    if (step.kind === 'broken') throw yield* breakOff(cursor, step.reason);
    cursor = step.kind === 'page' ? { ...step.next, filter: cursor.filter, size: cursor.size } : chain;
    yield {
      cursor: toJson(cursor),
      pageDone: isProgress(end),
      outside: end.outside,
      ledger: ledgerOf(reading, end.keys),
    };
    if (step.kind === 'end') return finish(reading);
  }
}

/**
 * At the first page of a chain the settings count: they may have been repaired. Where nothing is stored although records are known, as after
 * an operator's retry, it is not known either how many documents they came in.
 */
function startOf({ known, services: { settings }, task }: Reading, stored: IncidentCursor | undefined): IncidentCursor {
  if (stored?.after !== undefined || stored?.proof !== undefined) return stored;
  const from = isoSeconds(Date.parse(task.window.from) - EARLY_MS);
  return {
    ...startOver(stored ?? { page: 0, reach: MOST_COPIES * known.size }),
    ...(stored?.broken === undefined ? {} : { broken: stored.broken }),
    filter: incidentFilter(settings, { from, to: task.window.to }),
    size: settings.INCIDENTS_PAGE_SIZE,
  };
}

/** One incident of the time before the window: another record's page. */
function routeOf({ task, services, options }: Reading): PageRoute {
  const { from: to } = task.window;
  const filter = incidentFilter(services.settings, { from: isoSeconds(Date.parse(to) - PROBE_MS), to });
  return { route: 'edr/incidents', probe: () => services.edr.probe('edr/incidents', filter, options) };
}

async function* readPage(
  reading: Reading,
  cursor: IncidentCursor,
): AsyncGenerator<Progress, { readonly end: IncidentPageEnd; readonly after: string | undefined }> {
  const { answer, nextCursor } = yield* ask(reading, cursor);
  return { end: yield* decode(reading, answer, cursor), after: nextCursor };
}

async function* ask(reading: Reading, cursor: IncidentCursor): AsyncGenerator<Progress, SearchAfterAnswer> {
  const { after, filter, proof = 0, size } = cursor;
  try {
    const query = { filter, pageSize: proof > 0 ? proof : size };
    return await reading.services.edr.incidents(query, after, { ...reading.options, isJudged: true });
  } catch (error) {
    if (after === undefined || !(error instanceof FatalError)) throw error;
    throw yield* breakOff(cursor, `Qualys refuses a page behind the first: ${messageOf(error)}`);
  }
}

/** Lets the next try read the chain from its beginning. */
function* breakOff({ filter, size, ...chain }: IncidentCursor, reason: string): Generator<Progress, PageFaultError> {
  yield { cursor: toJson({ filter, size, ...startOver(chain) }) };
  return new PageFaultError(`${reason}; the pages are read from the first one again`, { scope: 'answer' });
}

async function* decode(
  reading: Reading,
  answer: QualysAnswer,
  cursor: IncidentCursor,
): AsyncGenerator<Progress, IncidentPageEnd> {
  const { services, task, known } = reading;
  const { clock, edr, settings } = services;
  const now = clock.now();
  const decoder = createIncidentPageDecoder({
    table: incidentTable(settings),
    generatedAt: now,
    window: task.window,
    timeField: settings.INCIDENTS_TIME_FIELD,
    isKnown: (key) => known.has(key),
    onBroken: judgeBrokenText({ api: edr, route: ROUTE, now, before: cursor.broken }),
  });
  const toProgress = (chunk: IncidentChunk): Progress => {
    reading.fetched += chunk.uploaded;
    const { keys, repaired, uploaded } = chunk;
    return { chunk, cursor: toJson(cursor), fetched: uploaded, repaired, ledger: ledgerOf(reading, keys) };
  };
  let held: IncidentChunk[] = [];
  try {
    for await (const bytes of answer.body) {
      held.push(...decoder.write(bytes));
      checkOutside(decoder, cursor, task);
      if (sizeOf(held) < MAX_HELD_BYTES) continue;
      yield* held.map(toProgress);
      held = [];
    }
    const { chunks, end } = decoder.end();
    checkOutside(decoder, cursor, task);
    if (!end.isPage && answer.status !== NO_CONTENT) {
      throw new RetryableError(
        `EDR answered with status ${answer.status} and an empty body instead of an array of incidents`,
        { scope: 'answer' },
      );
    }
    yield* [...held, ...chunks].map(toProgress);
    if (end.unreadable > 0) task.log.warn('RecordUnreadable', { records: end.unreadable });
    if (end.outside > 0) task.log.warn('RecordsOutside', { records: end.outside });
    const { characters, repaired } = end;
    if (repaired > 0) task.log.warn('RecordsRepaired', { records: repaired, characters });
    return end;
  } catch (error) {
    if (error instanceof BrokenTextError) yield { cursor: toJson({ ...cursor, broken: error.broken }) };
    throw error;
  } finally {
    answer.cancel();
  }
}

function sizeOf(chunks: readonly IncidentChunk[]): number {
  return chunks.reduce((bytes, { json }) => bytes + json.length, 0);
}

/** @throws FatalError where more than a tenth of a full page is of another time, before any of it is given. */
function checkOutside(decoder: IncidentPageDecoder, { size }: IncidentCursor, { acceptsOutside }: WindowTask): void {
  const outside = decoder.outside();
  if (acceptsOutside === true || outside <= size * MAX_OUTSIDE) return;
  throw new FatalError(
    `Qualys ignores the time filter: ${outside} incidents of a page of ${size} are of another time by INCIDENTS_TIME_FIELD; check INCIDENTS_TIME_TOKEN, INCIDENTS_TIME_FIELD and EDR_TIME_ZONE, or retry the window taking it as it is`,
  );
}

function ledgerOf({ known }: Reading, keys: readonly string[]): NonNullable<Progress['ledger']> {
  for (const key of keys) known.add(key);
  return keys.length === 0 ? {} : { uploaded: new Uint8Array(Buffer.from(keys.join(''), 'latin1')) };
}

/** A page of nothing but known records is none: while a chain starts over its failures must go on being counted. */
function isProgress({ fresh, records }: IncidentPageEnd): boolean {
  return fresh > 0 || records === 0;
}

function finish({ fetched, known, task }: Reading): Outcome {
  if (fetched === 0 && known.size > 0) task.log.warn('RecordsLeftToNeighbours', { fetched: known.size });
  return { kind: 'complete' };
}

function toJson(cursor: IncidentCursor): Json {
  return { ...cursor } as unknown as Json;
}
