import type { Asked } from './asked.ts';
import type { Place } from './coverage.ts';
import type { EnrichAnswer } from './enrich-answer.ts';
import { nothingRead, toError } from './failures.ts';

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
