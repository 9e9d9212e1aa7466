import { askFor, type EnrichDependencies } from './asked.ts';
import { conclude, ofDetections, type Concluded } from './coverage.ts';
import type { EnrichAnswer } from './enrich-answer.ts';
import { readVulnerabilities, REPORT_DAYS } from './stored-rows.ts';
import type { NamedSubject } from './subject.ts';

/**
 * What is open on the hosts that a name or an agent's id means, by their reports of the last 30 days, without their events.
 * @throws WaitError, ConfigError or RetryableError when the table could not be read.
 */
export function findHostVulnerabilities(
  subject: NamedSubject,
  deps: EnrichDependencies,
  deadlineMs = 20_000,
): Promise<Concluded & Pick<EnrichAnswer, 'vulnerabilities'>> {
  return askFor(REPORT_DAYS * 24, deadlineMs, deps, async (asked) => {
    const vulnerabilities = await readVulnerabilities(subject, asked);
    const places = ofDetections(subject, asked, vulnerabilities !== null);
    return { ...conclude(subject, asked, places), vulnerabilities };
  });
}
