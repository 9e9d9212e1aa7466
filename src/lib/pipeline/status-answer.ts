import * as z from 'zod';
import { count, streamName, time, type Answered } from '../answer-values.ts';
import { api } from './limit-view.ts';

/** What status tells of a stream, declared once. The OpenAPI document alone loads the schema; all others import the types. */
export const streamStatus = z
  .strictObject({
    name: streamName,
    enabled: z.boolean().describe('Whether QUALYS_STREAMS names it.'),
    api,
    isSnapshot: z.boolean().describe('Whether it tells a present state only, so that there is nothing to backfill.'),
    scheduleSeconds: count('Time between two ticks of its planner.'),
    watermark: time('Everything before it is ingested; null before the first tick.').nullable(),
    lagSeconds: count('Now minus watermark; null before the first tick.').nullable(),
    normalLagSeconds: count('Lag up to which the stream is on time.'),
    lastTick: time('When the planner last ran; null before the first tick.').nullable(),
    start: z
      .strictObject({
        state: z
          .enum(['waiting', 'assumed', 'known'])
          .describe('assumed: nobody could tell whether its table has rows from before.'),
        note: z.string().describe('Where it began and why, or what it waits for.'),
        since: time('When it came into this state.'),
      })
      .nullable()
      .describe('How the stream began; null before the first tick, and where an earlier version began it.'),
    windows: z.strictObject({
      open: count('Windows that are not finished, failed ones included.'),
      failed: count('Windows that could not be read; they are tried again.'),
      incomplete: count('Windows closed with less than Qualys counts, not acknowledged yet.'),
      since: time('Since when the first of those failed or incomplete is so; null where there are none.').nullable(),
    }),
    held: z
      .array(
        z.strictObject({
          repair: z.enum(['account', 'identity', 'settings']).describe('What has to be repaired.'),
          windows: count('Windows that wait for it, those of running backfills included.'),
          since: time('When the first of them was begun.'),
          error: z.string().describe('What was said last.'),
          nextTryAt: time('When the first of them is tried again; null where that is now.').nullable(),
          isLatest: z.boolean().describe('Whether nothing of the stream was read after that.'),
        }),
      )
      .describe('Windows that wait for a person to repair something.'),
    progress: z
      .strictObject({
        movedAt: time(
          'When a window ended last or, if later, the first of the open ones was planned; now while a worker holds one.',
        ).nullable(),
        rowsLastHour: count('Rows of windows that moved in the last hour.'),
        secondsLeft: count('How long the open windows take at that pace; null where it is not known.').nullable(),
        heldBy: z
          .string()
          .nullable()
          .describe('Why the oldest open window is read again and again; null where none is.'),
      })
      .describe('How fast live windows are read.'),
    outsideLast24h: count('Records of the last 24 hours that were ingested with a time outside of their window.'),
    unchangedLast24h: count(
      'Records of the last 24 hours that were received and not sent, because the table has them as they are.',
    ),
    lateness: z
      .strictObject({
        lookedAt: time('When was last looked for what became visible late; null: never.').nullable(),
        rows: count('Rows of the last two days that were found late.'),
        usualSeconds: count(
          'How long after their time they were still missing, usually; null where none was.',
        ).nullable(),
        mostSeconds: count('The longest such time.').nullable(),
        addedLagSeconds: count('So much longer is the safety lag for that.'),
      })
      .describe("How late Qualys' index is."),
    rowsLast24h: count('Rows of live windows uploaded in the last 24 hours.'),
    lastError: z
      .string()
      .nullable()
      .describe(
        'What the stream waits for before it begins, or the latest error of a failed window, else of one that is not closed, or of an unacknowledged incomplete one.',
      ),
  })
  .meta({ id: 'StreamStatus' });

export type StreamStatus = Answered<z.infer<typeof streamStatus>>;
export type HeldWindows = StreamStatus['held'][number];
export type StreamProgress = StreamStatus['progress'];
export type Lateness = StreamStatus['lateness'];
