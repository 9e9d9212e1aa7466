/** What the routes accept. The same schemas check requests and describe them in the OpenAPI document. */
import * as z from 'zod';
import { streamName } from '../answer-values.ts';
import { WINDOW_STATES } from '../pipeline/ports.ts';

/**
 * A whole number in a query, where everything is text.
 * @param unit what is counted, for the message.
 */
export function wholeNumber(min: number, max: number, unit = '') {
  const allowed = `must be a whole number${unit === '' ? '' : ` of ${unit}`} from ${min} to ${max}`;
  return z
    .string()
    .regex(/^(0|[1-9]\d{0,8})$/, { error: allowed, abort: true })
    .refine((text) => Number(text) >= min && Number(text) <= max, allowed)
    .meta({ type: 'integer', minimum: min, maximum: max });
}

const time = z.string().max(40);

const backfillRange = {
  stream: streamName.describe('Stream to read again.'),
  from: time.meta({ description: 'First instant, ISO 8601.', examples: ['2026-04-01T00:00:00Z'] }),
  to: time.meta({
    description: 'First instant after the range, ISO 8601; at most the watermark.',
    examples: ['2026-04-08T00:00:00Z'],
  }),
};

/** Query of what a backfill would cost. */
export const estimateQuery = z.strictObject(backfillRange);

/** Body of a request for a backfill. */
export const backfillBody = z
  .strictObject(backfillRange)
  .meta({ id: 'BackfillRequest', description: 'A range of time to read again.' });

/** Query of the list of backfills. */
export const backfillsQuery = z.strictObject({
  limit: wholeNumber(1, 1000).default('1000').describe('Backfills at most; those that run are always listed.'),
});

const run = z
  .string()
  .regex(/^[\w-]{1,64}$/, 'must be live or the id of a backfill')
  .default('live');

/** Query of the window list. */
export const windowsQuery = z.strictObject({
  hours: wholeNumber(1, 999, 'hours')
    .optional()
    .describe(
      'Live windows that end within the last hours; 24 when absent. Unfinished and incomplete ones are always listed.',
    ),
  run: run.describe('`live`, or the id of a backfill, whose windows are all listed.'),
  state: z
    .string()
    .regex(
      new RegExp(`^(${WINDOW_STATES.join('|')})(,(${WINDOW_STATES.join('|')}))*$`),
      `must be states, comma-separated: ${WINDOW_STATES.join(', ')}`,
    )
    .optional()
    .meta({ description: 'Only windows in these states, comma-separated.', examples: ['failed,incomplete'] }),
});

/** Query of retry and waive. */
export const operateQuery = z.strictObject({
  run: run.describe('`live`, or the id of the backfill that the window belongs to.'),
  reason: z.string().max(500).optional().describe("The operator's reason, for the audit log."),
});

/** Query of the act that forgets what was sent. */
export const forgetQuery = operateQuery.pick({ reason: true }).extend({
  ids: z
    .string()
    .regex(/^\d{1,19}(,\d{1,19}){0,999}$/, 'must be at most 1,000 ids of hosts, comma-separated')
    .optional()
    .meta({
      description: 'Ids of hosts, comma-separated; all of the stream when absent.',
      examples: ['100234,100235'],
    }),
});

/** Query of the act that tries the account. */
export const tryNowQuery = operateQuery.pick({ reason: true });

/** What an operator can let pass that otherwise stops a window. */
export const ACCEPTABLE = ['dead-letters', 'outside'] as const;

/** Query of retry. */
export const retryQuery = operateQuery.extend({
  accept: z
    .enum(ACCEPTABLE, `must be ${ACCEPTABLE.join(' or ')}`)
    .optional()
    .describe(
      'What may pass in this window that otherwise stops it: with `dead-letters` all rows that Azure refuses become dead letters, not only 1 % of them or ten; with `outside` records of another time are ingested, however many.',
    ),
});

/** Query of both routes of dead letters. */
export const deadLettersQuery = z.strictObject({
  limit: wholeNumber(1, 1000).default('100').describe('Dead letters at most; in a replay those that are accepted.'),
});

/** Query of the list of alerts. */
export const alertsQuery = z.strictObject({
  limit: wholeNumber(1, 1000).default('100').describe('Alerts at most.'),
});

/** Query of a replay of alerts. */
export const replayAlertsQuery = z.strictObject({
  state: z
    .enum(['undelivered', 'uncertain'], 'must be undelivered or uncertain')
    .default('undelivered')
    .describe('Which ones; an uncertain one may have been taken before, and then comes twice.'),
  limit: wholeNumber(1, 1000).default('100').describe('Alerts at most.'),
});

/** Body of the SOAR action `qualys_edr_ping`, as Chronicle SOAR calls it. */
export const edrPingBody = z
  .object({
    case_id: z.string().min(1).max(200).describe('Id of the case.'),
    alert_group_identifiers: z.array(z.string().min(1).max(500)).max(1000).describe('Identifiers of the alert groups.'),
    target_entities: z
      .array(z.object({ Identifier: z.string().min(1).max(2000), EntityType: z.string().min(1).max(200) }))
      .max(1000)
      .nullish()
      .describe('Entities of the action; the ping needs none.'),
    scope: z.string().max(200).nullish().describe('Scope of the action; "All entities" when absent.'),
  })
  .meta({ id: 'EdrPingRequest', description: 'Parameters of the SOAR action.' });
