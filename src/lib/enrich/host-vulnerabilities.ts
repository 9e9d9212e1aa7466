import { conclude, type Concluded } from './conclude.ts';
import { ofDetections } from './coverage.ts';
import { withDeadline } from './deadline.ts';
import type { EnrichDependencies } from './dependencies.ts';
import type { EnrichAnswer } from './enrich-answer.ts';
import type { Failure } from './failures.ts';
import { hoursUntilNow, readVulnerabilities, REPORT_DAYS } from './stored-rows.ts';
import type { NamedSubject } from './subject.ts';

/**
 * What is open on the hosts that a name or an agent's id means, by their reports of the last 30 days, without their events.
 * @throws WaitError, ConfigError or RetryableError when the table could not be read.
 */
export async function findHostVulnerabilities(
  subject: NamedSubject,
  deps: EnrichDependencies,
  deadlineMs = 20_000,
): Promise<Concluded & Pick<EnrichAnswer, 'vulnerabilities'>> {
  const { settings } = deps;
  const failures: Failure[] = [];
  return withDeadline(deadlineMs, async (signal) => {
    const asked = { ...hoursUntilNow(deps.clock, REPORT_DAYS * 24), deps, failures, signal };
    const hasTables = settings.LOGS_QUERY_WORKSPACE_ID !== undefined;
    const vulnerabilities = hasTables ? await readVulnerabilities(subject, asked) : null;
    const areDetectionsRead = vulnerabilities !== null;
    const coverage = ofDetections(subject, { settings, failures, areDetectionsRead });
    return { ...conclude(subject, asked, coverage), vulnerabilities };
  });
}
