import { RetryableError } from '../errors.ts';
import { isoSeconds } from '../pipeline/window.ts';
import { severityOf } from '../streams/edr-events/severity.ts';
import { askFor, type Asked, type EnrichDependencies } from './asked.ts';
import { huntingLinks } from './console-links.ts';
import { conclude, coverageOf } from './coverage.ts';
import type { EnrichAnswer } from './enrich-answer.ts';
import { attempt } from './failures.ts';
import { joinEvents } from './join-events.ts';
import { findLiveEvents, type FoundRows } from './live-events.ts';
import { readEventGroups, readStoredEvents, readVulnerabilities } from './stored-rows.ts';
import { liveLookup, type EnrichSubject } from './subject.ts';

/** A playbook's step waits for the answer. */
const DEADLINE_MS = 20_000;

/**
 * Finds what is known of a subject: live from Qualys where a query token is documented, and from the ingested tables where a workspace
 * is set. The answer says where was searched and where not; a part that could not be read is null and stands in `errors`.
 * @throws WaitError, ConfigError or RetryableError when nothing could be read at all.
 */
export function enrich(
  subject: EnrichSubject,
  deps: EnrichDependencies,
  deadlineMs = DEADLINE_MS,
): Promise<EnrichAnswer> {
  return askFor(subject.hours, deadlineMs, deps, (asked) => ask(subject, asked));
}

async function ask(subject: EnrichSubject, asked: Asked): Promise<EnrichAnswer> {
  const { settings } = asked.deps;
  const [live, rows, groups, vulnerabilities] = await Promise.all([
    askQualys(subject, asked),
    readStoredEvents(subject, asked),
    readEventGroups(subject, asked),
    readVulnerabilities(subject, asked),
  ]);
  const places = coverageOf(subject, asked, {
    until: groups?.until,
    isLiveRead: live !== null,
    areEventsRead: rows !== null || groups !== null,
    areDetectionsRead: vulnerabilities !== null,
  });
  return {
    ...conclude(subject, asked, places),
    ...joinEvents(live, { rows, groups }, (score) => severityOf(score, settings.EDR_SEVERITY_TABLE)),
    vulnerabilities,
    knowledgeBase: null,
    vulnerableHosts: null,
    links: huntingLinks(settings.QUALYS_API_URL, subject),
  };
}

async function askQualys(subject: EnrichSubject, asked: Asked): Promise<FoundRows | null> {
  const { from, to, deps, signal, failures } = asked;
  const lookup = liveLookup(subject);
  if (lookup === undefined) return null;
  const window = { from: isoSeconds(from), to: isoSeconds(to) };
  const found = await attempt(failures, { part: 'events', source: 'qualys' }, () =>
    findLiveEvents(lookup, window, deps, { priority: 'enrichment', signal }),
  );
  if (found === null) return null;
  const { unreadable, countError } = found;
  if (countError !== undefined) failures.push({ part: 'summary', source: 'qualys', error: countError });
  if (unreadable > 0) {
    const error = new RetryableError(`${unreadable} records could not be read and are left out`);
    failures.push({ part: 'events', source: 'qualys', error });
  }
  return found;
}
