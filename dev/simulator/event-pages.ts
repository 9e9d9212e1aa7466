import { cutDocuments, documentsOf, pageSize, writeRecord, type Document } from './documents.ts';
import { pageSizeOf, wholeParameter } from './edr-parameters.ts';
import { BadCallError, type Answer } from './exchange.ts';
import { findFault, type FaultAction } from './faults.ts';
import { findEvents } from './find-events.ts';
import { makeProjection } from './projection.ts';
import { readChain } from './search-after.ts';
import type { Found } from './search.ts';
import type { Visit } from './world.ts';

/** Where the guide gives no order, searchAfter goes by time and, within an instant, by arrival. */
const SEARCH_AFTER_SORT = '[{"event.eventProcessedTime":"asc"}]';

function* writeEvents(visit: Visit, found: Found, documents: readonly Document[]): Generator<string> {
  const { call, faults, stats, world } = visit;
  const project = makeProjection(call.parameters.get('include_attributes'), call.parameters.get('exclude_attributes'));
  yield '[';
  for (const [turn, { place, isCopy }] of documents.entries()) {
    const record = project(world.events.recordAt(found.at(place)));
    yield (turn === 0 ? '' : ',') + writeRecord(record, isCopy, faults);
    stats.records += 1;
    world.counters.records.events += 1;
  }
  yield ']';
}

function eventsAnswer(
  visit: Visit,
  found: Found,
  documents: readonly Document[],
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status: 200,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: writeEvents(visit, found, documents),
  };
}

/** The page that is given where one of this number is asked for, from 0. */
function pageGiven(page: number, pages: number, faults: readonly FaultAction[]): number {
  if (findFault(faults, 'duplicate-page') !== undefined) return Math.max(0, page - 1);
  const wrap = findFault(faults, 'page-wrap');
  if (wrap === undefined || page < pages) return page;
  return wrap.onto === 'first' ? page % pages : pages - 1;
}

/** `/ioc/events`: a page by its number. */
export function listEvents(visit: Visit): Answer {
  const { call, faults, world } = visit;
  const asked = pageSizeOf(visit);
  const page = wholeParameter(visit, 'pageNumber') ?? 0;
  const most = world.settings.maxResultWindow;
  if ((page + 1) * asked > most) {
    throw new BadCallError(400, `Result window is too large: pageSize × (pageNumber + 1) must not exceed ${most}`);
  }
  const found = findEvents(visit, call.parameters.get('sort') ?? '');
  const all = documentsOf(found.count, faults);
  const size = pageSize(asked, faults);
  const step = findFault(faults, 'page-cap')?.starts === 'asked' ? asked : size;
  const pages = Math.max(1, Math.ceil(all.count / step));
  return eventsAnswer(visit, found, cutDocuments(all, pageGiven(page, pages, faults) * step, size, faults));
}

/** First place behind the event that a cursor names; one that is not found is at the end of no instant. */
function placeAfter({ world: { events } }: Visit, found: Found, time: number, id: string): number {
  const timeOf = (place: number): number => events.timeAt(found.at(place));
  let low = 0;
  let high = found.count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (timeOf(middle) < time) low = middle + 1;
    else high = middle;
  }
  for (let place = low; place < found.count && timeOf(place) === time; place += 1) {
    if (events.factsAt(found.at(place)).id === id) return place + 1;
  }
  return low;
}

/** `/ioc/events/searchAfter`. */
export function searchEventsAfter(visit: Visit): Answer {
  const { events } = visit.world;
  const found = findEvents(visit, SEARCH_AFTER_SORT);
  const { documents, headers } = readChain(visit, {
    count: found.count,
    keyAt: (place) => ({ time: events.timeAt(found.at(place)), id: events.factsAt(found.at(place)).id }),
    placeAfter: (time, id) => placeAfter(visit, found, time, id),
  });
  return eventsAnswer(visit, found, documents, headers);
}
