import type { Settings } from '../config.ts';
import { lookupTokens } from '../qualys/edr/lookup-filter.ts';
import { edrEvents } from '../streams/edr-events/index.ts';
import { vmDetections } from '../streams/vm-detections/index.ts';
import type { EnrichAnswer, UnsearchedPlace } from './enrich-answer.ts';
import { toError, type Failure } from './failures.ts';
import { columnsOf } from './row-condition.ts';
import { hostColumns } from './stored-queries.ts';
import { liveLookup, type NamedSubject } from './subject.ts';

/** What an answer says of where was searched. */
export type Coverage = Pick<EnrichAnswer, 'searched' | 'notSearched'>;

/** What came of the places that could be searched. */
export interface Outcome {
  readonly settings: Settings;
  readonly from: Date;
  readonly to: Date;
  readonly failures: readonly Failure[];
  readonly isLiveRead: boolean;
  readonly areEventsRead: boolean;
  readonly areDetectionsRead: boolean;
  /** When Qualys processed the newest event of the table; undefined when it holds none. */
  readonly until: string | undefined;
}

const NONE: Coverage = { searched: [], notSearched: [] };

/** Tells where was searched and where not, so that a total of 0 is not taken for more than it says. */
export function coverageOf(subject: NamedSubject, outcome: Outcome): Coverage {
  const parts = [ofLive(subject, outcome), ofEvents(subject, outcome), ofDetections(subject, outcome)];
  return {
    searched: parts.flatMap(({ searched }) => searched),
    notSearched: parts.flatMap(({ notSearched }) => notSearched),
  };
}

function ofLive(subject: NamedSubject, { isLiveRead, failures }: Outcome): Coverage {
  const lookup = liveLookup(subject);
  if (lookup === undefined) {
    const reason = 'Qualys documents no query token for it';
    return { searched: [], notSearched: [{ source: 'qualys', what: `events by ${subject.kind}`, reason }] };
  }
  const place = { source: 'qualys', what: `events by ${lookupTokens(lookup).join(', ')}` } as const;
  if (isLiveRead) return { searched: [place], notSearched: [] };
  return { searched: [], notSearched: [{ ...place, ...reasonOf(failures, 'qualys', 'events') }] };
}

function ofEvents(subject: NamedSubject, outcome: Outcome): Coverage {
  const { live, further } = columnsOf(subject);
  /** What only the table could tell. */
  const alone = outcome.isLiveRead ? further : [...live, ...further];
  if (outcome.areEventsRead) {
    const what = `${edrEvents.table} by ${[...live, ...further].join(', ')}`;
    const notSearched = alone.length === 0 ? [] : missingEvents(outcome);
    return { searched: [{ source: 'log-analytics', what }], notSearched };
  }
  if (alone.length === 0) return NONE;
  return { searched: [], notSearched: [unread(`${edrEvents.table} by ${alone.join(', ')}`, outcome, 'events')] };
}

/** Events that the table cannot hold, or not yet. */
function missingEvents({ settings, from, to, until }: Outcome): UnsearchedPlace[] {
  const source = 'log-analytics';
  const left = (['EDR_FILTER', 'EDR_EVENT_TYPES', 'EDR_MIN_SCORE'] as const).filter((name) => Boolean(settings[name]));
  const filtered = {
    source,
    what: `events that ${left.join(', ')} left out`,
    reason: 'they are not ingested',
  } as const;
  const end = until ?? from.toISOString();
  const reason = isOff(settings, edrEvents.name) ?? `${edrEvents.table} holds none of them yet`;
  const late = { source, what: `events that Qualys processed after ${end}`, reason } as const;
  return [...(left.length === 0 ? [] : [filtered]), ...(end < to.toISOString() ? [late] : [])];
}

/** Where was searched for what is open on a host. */
export function ofDetections(
  subject: NamedSubject,
  outcome: Pick<Outcome, 'settings' | 'failures' | 'areDetectionsRead'>,
): Coverage {
  if (subject.kind !== 'host' && subject.kind !== 'agentId') return NONE;
  const what = `${vmDetections.table} by ${hostColumns(subject).join(', ')}`;
  if (!outcome.areDetectionsRead) return { searched: [], notSearched: [unread(what, outcome, 'vulnerabilities')] };
  const source = 'log-analytics';
  const reason = isOff(outcome.settings, vmDetections.name);
  const notSearched =
    reason === undefined ? [] : [{ source, what: 'host reports that are not ingested', reason } as const];
  return { searched: [{ source, what }], notSearched };
}

/** Why a stream brings nothing; undefined where it is on. */
export function isOff({ QUALYS_STREAMS }: Settings, stream: string): string | undefined {
  return QUALYS_STREAMS.includes(stream) ? undefined : `the stream ${stream} is off: QUALYS_STREAMS does not name it`;
}

/** A table that was not read, and why. */
export function unread(
  what: string,
  { settings, failures }: Pick<Outcome, 'settings' | 'failures'>,
  part: Failure['part'],
): UnsearchedPlace {
  const source = 'log-analytics';
  if (settings.LOGS_QUERY_WORKSPACE_ID === undefined) {
    return { source, what, reason: 'LOGS_QUERY_WORKSPACE_ID must be set to look into the ingested tables' };
  }
  return { source, what, ...reasonOf(failures, source, part) };
}

/** Why a part could not be read. */
export function reasonOf(
  failures: readonly Failure[],
  source: Failure['source'],
  part: Failure['part'],
): Pick<UnsearchedPlace, 'reason' | 'retryAfterSeconds'> {
  const failure = failures.find((each) => each.source === source && each.part === part);
  if (failure === undefined) return { reason: 'it could not be read' };
  const { message: reason, retryAfterSeconds } = toError(failure);
  return { reason, ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }) };
}
