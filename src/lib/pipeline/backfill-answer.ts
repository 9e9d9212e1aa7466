/** What routes and tools answer of backfills, declared once. The OpenAPI document alone loads the schemas; all others import the types. */
import * as z from 'zod';
import { backfillId, count, streamName, time, type Answered } from '../answer-values.ts';

const range = {
  id: backfillId,
  stream: streamName,
  from: time('First instant of the range.'),
  to: time('First instant after the range.'),
  status: z.enum(['planning', 'running', 'succeeded', 'failed', 'cancelled']).meta({
    id: 'BackfillStatus',
    description: 'Where the backfill stands; failed: at least one window was given up.',
  }),
};
const EXAMPLE = {
  id: '9d3f0c1b77a2-1',
  stream: 'edr-events',
  from: '2026-04-01T00:00:00Z',
  to: '2026-04-08T00:00:00Z',
  status: 'running',
};

/** A backfill that was asked for. */
export const started = z.strictObject({ ...range, statusUrl: z.url().describe('Where to ask how far it is.') }).meta({
  id: 'StartedBackfill',
  examples: [{ ...EXAMPLE, statusUrl: 'https://func-qualys.azurewebsites.net/api/backfill/9d3f0c1b77a2-1' }],
});

/** A backfill and its progress. */
export const backfill = z
  .strictObject({
    ...range,
    windows: z.strictObject({
      total: count('Windows of the range.'),
      closed: count('Windows that are finished.'),
      failed: count('Windows that could not be read, or not wholly.'),
    }),
    rows: count('Rows accepted by Azure.'),
    percent: z.number().min(0).max(100).describe('Share of the range that is finished.'),
    startedAt: time('When it was started.'),
    updatedAt: time('When it last made progress.'),
    etaSeconds: count('Estimated time left; null when unknown.').nullable(),
    waits: z
      .strictObject({
        until: time('When it goes on or tries again; null where nobody knows.').nullable(),
        reason: z.string().describe('What it waits for.'),
      })
      .nullable()
      .describe('Why nothing of it goes on now; null where something does, or it has ended.'),
  })
  .meta({
    id: 'Backfill',
    examples: [
      {
        ...EXAMPLE,
        windows: { total: 672, closed: 168, failed: 0 },
        rows: 91204,
        percent: 25,
        startedAt: '2026-05-01T12:10:00.000Z',
        updatedAt: '2026-05-01T12:31:40.118Z',
        etaSeconds: 3902,
        waits: null,
      },
    ],
  });

/** What a backfill would cost. */
export const estimate = z
  .strictObject({
    stream: streamName,
    from: range.from,
    to: range.to,
    windows: count('Windows of the range; each is at least one call, also where it holds nothing.'),
    calls: count(
      'Calls of the Qualys API, by those that the live windows of the last days took; null where there are none to go by.',
    ).nullable(),
    callsAnHour: count(
      'Calls that the budget of the API leaves backfills an hour; null until Qualys has told it, 0 where live windows need all.',
    ).nullable(),
    leastSeconds: count(
      'How long the budget alone makes it last; null where nobody knows, or it would never end.',
    ).nullable(),
  })
  .meta({
    id: 'BackfillEstimate',
    examples: [
      {
        stream: EXAMPLE.stream,
        from: EXAMPLE.from,
        to: EXAMPLE.to,
        windows: 672,
        calls: 1344,
        callsAnHour: 240,
        leastSeconds: 19_560,
      },
    ],
  });

export type BackfillView = Answered<z.infer<typeof backfill>>;
export type BackfillWait = NonNullable<BackfillView['waits']>;
export type BackfillEstimate = Answered<z.infer<typeof estimate>>;
