import * as z from 'zod';
import {
  dotted,
  flag,
  integer,
  list,
  qqlFilter,
  schedule,
  severityTable,
  sortKeys,
  startTime,
  trimmed,
  zoneMinutes,
} from '../../setting-kinds.ts';

/** Settings of the stream of EDR events. */
export const EDR_EVENT_SETTINGS = {
  EDR_SCHEDULE: schedule.default('0 */5 * * * *').describe('When EDR windows are planned: six-field NCRONTAB, UTC.'),
  EDR_START: startTime,
  EDR_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 15, unit: 'minutes' }).describe(
    'Largest EDR window planned, in minutes.',
  ),
  EDR_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 120, unit: 'seconds' }).describe(
    "An EDR window's end stays this far behind now, in seconds.",
  ),
  EDR_FILTER: qqlFilter.describe('Further QQL condition, joined by AND in parentheses.'),
  EDR_EVENT_TYPES: list(
    (item) => /^[A-Za-z][\w-]*$/.test(item),
    'must be event types, comma-separated, e.g. file,network',
  )
    .transform((types) => types.map((type) => type.toLowerCase()))
    .optional()
    .describe('Subset of file, process, network, registry, mutex; unset: all.'),
  EDR_MIN_SCORE: integer({ min: 0, max: 10, fallback: 0, unit: 'score' }).describe(
    'Lowest indicator.score; unset or 0 adds no condition, so unscored events come too.',
  ),
  EDR_STATE: flag(false).describe('Value of the state parameter: true limits the answer to the current state.'),
  EDR_TIME_TOKEN: dotted('a QQL token', 'event.eventProcessedTime').describe('QQL token of the time that windows use.'),
  EDR_TIME_FIELD: dotted('a field of the event', 'eventProcessedTime').describe(
    'Field of the record that holds the same time.',
  ),
  EDR_TIME_ZONE: zoneMinutes
    .prefault('UTC')
    .describe('Zone of times in events and incidents that tell none; what Qualys documents tells one.'),
  EDR_SORT: sortKeys.describe('Sort as JSON; unset: ascending by EDR_TIME_TOKEN.'),
  EDR_PAGE_SIZE: integer({ min: 1, max: 10_000, fallback: 500, unit: 'events' }).describe(
    'Events a page; by page number at most 5,000.',
  ),
  EDR_PAGING: trimmed
    .pipe(z.enum(['pages', 'searchAfter'], 'must be pages or searchAfter'))
    .default('pages')
    .describe('pages (/ioc/events) or searchAfter (/ioc/events/searchAfter).'),
  EDR_RECORD: trimmed
    .pipe(z.enum(['rest', 'full', 'none'], 'must be rest, full or none'))
    .default('rest')
    .describe('What Record holds: rest (what no column gives back), full, or none (such fields are lost).'),
  EDR_SEVERITY_TABLE: severityTable
    .prefault('0:Informational,2:Low,5:Medium,8:High')
    // The IOC-era scale of the vendor; docs/tables.md shows the other one.
    .describe('Severity by lowest score, e.g. 0:Informational,2:Low,5:Medium,8:High.'),
};

/** Types that Qualys documents. */
const KNOWN_EVENT_TYPES: readonly string[] = ['file', 'process', 'network', 'registry', 'mutex'];

/** What nobody can have meant. */
export function edrEventMistakes({
  EDR_EVENT_TYPES = [],
}: {
  readonly EDR_EVENT_TYPES?: readonly string[] | undefined;
}): string[] {
  return EDR_EVENT_TYPES.filter((type) => !KNOWN_EVENT_TYPES.includes(type)).map(
    (type) => `EDR_EVENT_TYPES names ${type}, which is not one of ${KNOWN_EVENT_TYPES.join(', ')}`,
  );
}

/** What somebody has chosen to lose. */
export function edrEventLosses({ EDR_RECORD }: { readonly EDR_RECORD: string }): string[] {
  return EDR_RECORD === 'none' ? ['EDR_RECORD is none: fields of an event that no column holds are lost'] : [];
}
