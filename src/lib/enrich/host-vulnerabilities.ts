import { vmKnowledgeBase } from '../streams/vm-knowledge-base/index.ts';
import { consoleLinks } from './console-links.ts';
import { ofDetections } from './coverage.ts';
import { withDeadline } from './deadline.ts';
import type { Asked, EnrichDependencies } from './dependencies.ts';
import type { EnrichAnswer, EnrichVulnerabilities } from './enrich-answer.ts';
import { attemptStored, nothingRead, toError } from './failures.ts';
import { hoursUntilNow, ownLogs, REPORT_DAYS, readVulnerabilities } from './stored-rows.ts';
import type { NamedSubject } from './subject.ts';

/** The part of an enrichment that tells what is open on a host. */
export type HostVulnerabilities = Pick<
  EnrichAnswer,
  'ok' | 'subject' | 'from' | 'to' | 'searched' | 'notSearched' | 'vulnerabilities' | 'errors'
>;

/**
 * What is open on the hosts that a name or an agent's id means, by their reports of the last 30 days, without their events.
 * @throws WaitError, ConfigError or RetryableError when the table could not be read.
 */
export async function findHostVulnerabilities(
  subject: NamedSubject,
  deps: EnrichDependencies,
  deadlineMs = 20_000,
): Promise<HostVulnerabilities> {
  const { from, to } = hoursUntilNow(deps.clock, REPORT_DAYS * 24);
  const { settings } = deps;
  const asked = { from, to, deps, failures: [] };
  const hasTables = settings.LOGS_QUERY_WORKSPACE_ID !== undefined;
  const vulnerabilities = hasTables
    ? await withDeadline(deadlineMs, (signal) => readDetections(subject, { ...asked, signal }))
    : null;
  const { failures } = asked;
  const { searched, notSearched } = ofDetections(subject, {
    settings,
    failures,
    areDetectionsRead: vulnerabilities !== null,
  });
  if (searched.length === 0) throw nothingRead(failures, notSearched);
  return {
    ok: failures.length === 0,
    subject,
    from: from.toISOString(),
    to: to.toISOString(),
    searched,
    notSearched,
    vulnerabilities,
    errors: failures.map(toError),
  };
}

/** Open vulnerabilities, for subjects that have some. */
export async function readDetections(
  subject: NamedSubject,
  { to, deps, signal, failures }: Asked,
): Promise<EnrichVulnerabilities | null> {
  if (subject.kind !== 'host' && subject.kind !== 'agentId') return null;
  const texts = {
    hasTitles: deps.settings.QUALYS_STREAMS.includes(vmKnowledgeBase.name),
    linkTo: consoleLinks(deps.settings.QUALYS_API_URL).forQid,
  };
  return attemptStored(failures, 'vulnerabilities', () =>
    readVulnerabilities(subject, to, ownLogs(deps), signal, texts),
  );
}
