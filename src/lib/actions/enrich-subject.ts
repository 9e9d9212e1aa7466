import type { EnrichAnswer } from '../enrich/enrich-answer.ts';
import { enrichVulnerability } from '../enrich/enrich-vulnerability.ts';
import { enrich } from '../enrich/enrich.ts';
import { isVulnerability, type EnrichSubject, type VulnerabilitySubject } from '../enrich/subject.ts';
import { getServices } from '../services.ts';

/** Tells what is known of a subject, for a case. @throws WaitError, ConfigError or RetryableError when nothing could be searched at all. */
export function enrichSubject(subject: EnrichSubject | VulnerabilitySubject): Promise<EnrichAnswer> {
  return isVulnerability(subject) ? enrichVulnerability(subject, getServices()) : enrich(subject, getServices());
}
