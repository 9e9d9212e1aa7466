import { randomUUID } from 'node:crypto';
import type { AlertTest } from './alert-answers.ts';
import type { AlertItem } from './ports.ts';
import type { PostOutcome } from './post-webhook.ts';

/** How a test is posted. */
export interface TestDependencies {
  readonly post: (item: AlertItem) => Promise<PostOutcome>;
  readonly isSigned: boolean;
  readonly now: () => Date;
}

/**
 * Posts an alert that says it is a test, as any other is posted, once. Nothing of it is stored, it takes no place of an alert. Never
 * rejects.
 */
export async function testAlert({ post, isSigned, now }: TestDependencies): Promise<AlertTest> {
  const startedAt = now();
  const ticketId = `test-${randomUUID()}`;
  const outcome = await post({
    version: 1,
    id: ticketId,
    payload: payloadOf(ticketId, startedAt),
    queuedAt: startedAt.toISOString(),
  });
  return {
    ticketId,
    outcome: outcome.kind,
    status: ('status' in outcome ? outcome.status : undefined) ?? null,
    error: outcome.kind === 'accepted' ? null : outcome.reason,
    isSigned,
    durationMs: now().getTime() - startedAt.getTime(),
  };
}

/** The fields of an alert, and `test`. */
function payloadOf(ticketId: string, at: Date): string {
  return JSON.stringify({
    version: 1,
    ticket_id: ticketId,
    name: 'Test of the Qualys connector',
    rule_generator: 'TEST',
    vendor: 'Qualys',
    product: 'Qualys EDR',
    severity: 'Informational',
    priority: -1,
    score: 0,
    start_time: at.toISOString(),
    end_time: at.toISOString(),
    entities: [],
    event: {},
    test: true,
  });
}
