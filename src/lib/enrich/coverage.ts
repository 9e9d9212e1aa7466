import type { Settings } from '../config.ts';
import { lookupTokens } from '../qualys/edr/lookup-filter.ts';
import { edrEvents } from '../streams/edr-events/index.ts';
import { vmDetections } from '../streams/vm-detections/index.ts';
import type { Asked } from './asked.ts';
import type { EnrichAnswer, SearchedPlace, UnsearchedPlace } from './enrich-answer.ts';
import { nothingRead, toError, type Failure } from './failures.ts';
import { columnsOf } from './row-condition.ts';
import { hostColumns } from './stored-queries.ts';
import { liveLookup, type NamedSubject } from './subject.ts';

/** Where was searched, or where not, which has a reason. */
export type Place = SearchedPlace | UnsearchedPlace;

/** What came of the places that could be searched. */
export interface Outcome {
  readonly isLiveRead: boolean;
  readonly areEventsRead: boolean;
  readonly areDetectionsRead: boolean;
  /** When Qualys processed the newest event of the table; undefined when it holds none. */
  readonly until: string | undefined;
}

const source = 'log-analytics';

/** Tells where was searched and where not, so that a total of 0 is not taken for more than it says. */
export function coverageOf(subject: NamedSubject, asked: Asked, outcome: Outcome): Place[] {
  return [
    ofLive(subject, asked, outcome),
    ...ofEvents(subject, asked, outcome),
    ...ofDetections(subject, asked, outcome.areDetectionsRead),
  ];
}

function ofLive(subject: NamedSubject, asked: Asked, { isLiveRead }: Outcome): Place {
  const lookup = liveLookup(subject);
  if (lookup === undefined) {
    return { source: 'qualys', what: `events by ${subject.kind}`, reason: 'Qualys documents no query token for it' };
  }
  const place = { source: 'qualys', what: `events by ${lookupTokens(lookup).join(', ')}` } as const;
  return isLiveRead ? place : unread(place, 'events', asked);
}

function ofEvents(subject: NamedSubject, asked: Asked, { areEventsRead, isLiveRead, until }: Outcome): Place[] {
  const { live, further } = columnsOf(subject);
  const all = [...live, ...further];
  /** What only the table could tell. */
  const alone = isLiveRead ? further : all;
  const place = (columns: readonly string[]) =>
    ({ source, what: `${edrEvents.table} by ${columns.join(', ')}` }) as const;
  if (areEventsRead) return [place(all), ...(alone.length === 0 ? [] : missingEvents(asked, until))];
  return alone.length === 0 ? [] : [unread(place(alone), 'events', asked)];
}

/** Events that the table cannot hold, or not yet. */
function missingEvents({ deps: { settings }, from, to }: Asked, until = from.toISOString()): UnsearchedPlace[] {
  const left = (['EDR_FILTER', 'EDR_EVENT_TYPES', 'EDR_MIN_SCORE'] as const).filter((name) => Boolean(settings[name]));
  const what = `events that ${left.join(', ')} left out`;
  const filtered = { source, what, reason: 'they are not ingested' } as const;
  const reason = isOff(settings, edrEvents.name) ?? `${edrEvents.table} holds none of them yet`;
  const late = { source, what: `events that Qualys processed after ${until}`, reason } as const;
  return [...(left.length === 0 ? [] : [filtered]), ...(until < to.toISOString() ? [late] : [])];
}

/** Where was searched for what is open on a host. */
export function ofDetections(subject: NamedSubject, asked: Asked, areRead: boolean): Place[] {
  if (subject.kind !== 'host' && subject.kind !== 'agentId') return [];
  const place = { source, what: `${vmDetections.table} by ${hostColumns(subject).join(', ')}` } as const;
  if (!areRead) return [unread(place, 'vulnerabilities', asked)];
  const reason = isOff(asked.deps.settings, vmDetections.name);
  return reason === undefined ? [place] : [place, { source, what: 'host reports that are not ingested', reason }];
}

/** Why a stream brings nothing; undefined where it is on. */
export function isOff({ QUALYS_STREAMS }: Settings, stream: string): string | undefined {
  return QUALYS_STREAMS.includes(stream) ? undefined : `the stream ${stream} is off: QUALYS_STREAMS does not name it`;
}

/** A place that was not read, and why; `otherwise` where nothing went wrong. */
export function unread(
  place: SearchedPlace,
  part: Failure['part'],
  { deps, failures }: Asked,
  otherwise = 'it could not be read',
): UnsearchedPlace {
  if (place.source === source && deps.settings.LOGS_QUERY_WORKSPACE_ID === undefined) {
    return { ...place, reason: 'LOGS_QUERY_WORKSPACE_ID must be set to look into the ingested tables' };
  }
  const failure = failures.find((each) => each.source === place.source && each.part === part);
  if (failure === undefined) return { ...place, reason: otherwise };
  const { message: reason, retryAfterSeconds } = toError(failure);
  return { ...place, reason, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}

/** What every answer says of its subject, and of where was searched. */
export type Concluded = Pick<EnrichAnswer, 'ok' | 'subject' | 'from' | 'to' | 'searched' | 'notSearched' | 'errors'>;

/**
 * Says what an enrichment came to.
 * @throws WaitError, ConfigError or RetryableError when nothing was searched.
 */
export function conclude(
  { kind, value }: EnrichAnswer['subject'],
  { from, to, failures }: Asked,
  places: readonly Place[],
): Concluded {
  const searched = places.filter((place) => !('reason' in place));
  const notSearched = places.filter((place) => 'reason' in place);
  if (searched.length === 0) throw nothingRead(failures, notSearched);
  return {
    ok: failures.length === 0,
    subject: { kind, value },
    from: from.toISOString(),
    to: to.toISOString(),
    searched,
    notSearched,
    errors: failures.map(toError),
  };
}
