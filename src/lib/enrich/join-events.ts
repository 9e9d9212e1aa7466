import type { EnrichAnswer, EnrichEvent, EnrichPartSource } from './enrich-answer.ts';
import { MAX_EVENTS } from './limits.ts';
import { timeIn, toEvent, type EventRow } from './event-row.ts';
import type { FoundRows } from './live-events.ts';
import type { EventGroups } from './stored-rows.ts';
import { groupOfRow, summarise, sumOf, type EventGroup, type SummaryOptions } from './summarise.ts';

/** What the table gave; null for what was not or could not be read. */
export interface StoredEvents {
  readonly rows: readonly EventRow[] | null;
  readonly groups: EventGroups | null;
}

/** Joins what Qualys and the table gave. Of the table's events those count that Qualys' answer does not hold. */
export function joinEvents(
  live: FoundRows | null,
  stored: StoredEvents,
  severityOf: SummaryOptions['severityOf'],
): Pick<EnrichAnswer, 'events' | 'summary'> {
  const isFurther = (foundBy: unknown): boolean => live === null || foundBy !== 'qualys';
  const rows = stored.rows?.filter(({ FoundBy }) => isFurther(FoundBy)) ?? null;
  const groups = stored.groups?.groups.filter(({ foundBy }) => isFurther(foundBy)) ?? null;
  return { events: joinRows(live, rows, groups), summary: joinGroups(live, groups, severityOf) };
}

function joinRows(
  live: FoundRows | null,
  stored: readonly EventRow[] | null,
  groups: readonly EventGroup[] | null,
): EnrichAnswer['events'] {
  if (live === null && stored === null) return null;
  const ids = new Set(live?.rows.map(({ EventId }) => EventId));
  // What a query token of Qualys finds beyond its documented field may be in the table, too.
  const more = (stored ?? []).filter(({ EventId }) => !ids.has(EventId));
  const list = [...(live?.rows ?? []), ...more]
    .sort((left, right) => newestOf(right).localeCompare(newestOf(left)))
    .map(toEvent)
    .filter((event): event is EnrichEvent => event !== undefined)
    .slice(0, MAX_EVENTS);
  const total = totalOf(live, stored, groups, (stored?.length ?? 0) - more.length);
  const truncated = total === null ? list.length >= MAX_EVENTS : total > list.length;
  return { source: sourceOf(live, stored), total, truncated, list };
}

/** Null when one of the places that were read could not count. */
function totalOf(
  live: FoundRows | null,
  stored: readonly EventRow[] | null,
  groups: readonly EventGroup[] | null,
  twice: number,
): number | null {
  const ofLive = live === null ? 0 : live.total;
  const ofStored = stored === null && groups === null ? 0 : groups && sumOf(groups) - twice;
  return ofLive === null || ofStored === null ? null : ofLive + ofStored;
}

function joinGroups(
  live: FoundRows | null,
  stored: readonly EventGroup[] | null,
  severityOf: SummaryOptions['severityOf'],
): EnrichAnswer['summary'] {
  if (live === null && stored === null) return null;
  const isPart = live !== null && (live.total === null || live.total > live.rows.length);
  const groups = [...(live?.rows.map(groupOfRow) ?? []), ...(stored ?? [])];
  return summarise(groups, { source: sourceOf(live, stored), truncated: isPart, severityOf });
}

function sourceOf(live: FoundRows | null, stored: unknown): EnrichPartSource {
  if (live === null) return 'log-analytics';
  return stored === null ? 'qualys' : 'both';
}

/** When Qualys processed an event, else when it happened. */
function newestOf(row: EventRow): string {
  return timeIn(row.ProcessedTime) ?? timeIn(row.EventTime) ?? '';
}
