import * as z from 'zod';
import { operateQuery, retryQuery, streamName, WINDOW_STATES, windowKey, windowsQuery } from '../../http/requests.ts';
import type { WindowView } from '../../pipeline/view-window.ts';
import { SERVICE_PROBLEMS, type Operation } from '../operation.ts';
import { count, time } from '../../answer-values.ts';

/** A window. */
export const window = z
  .strictObject({
    key: windowKey,
    from: time('First instant of the window.'),
    to: time('First instant after the window.'),
    slice: z.string().nullable().describe('What narrows the window further: host ids (VM), an event type (EDR).'),
    state: z.enum(WINDOW_STATES),
    inWork: z.boolean().describe('Whether a worker holds it now.'),
    pages: count('Pages read.'),
    calls: count('Calls of the Qualys API.'),
    expected: count(
      "Qualys' own count (EDR events) or the number of ids it lists (hosts, KnowledgeBase); null where it tells neither.",
    ).nullable(),
    fetched: count('Distinct records received (VM: hosts).'),
    listed: count(
      'Records that Qualys lists, where that proves nothing (VM: hosts, also those without detections).',
    ).nullable(),
    parts: count('What the records hold in turn (VM: detections); null where it is not counted.').nullable(),
    outside: count('Records ingested although their time lies outside of the window.'),
    repaired: count('Records ingested with characters replaced or escaped, because these may not stand in JSON.'),
    unchanged: count(
      'Records received and not sent, because the table has them as they are (VM_INGEST=changed-hosts or changes; this one sends a small row a day of them).',
    ),
    uploaded: count('Rows accepted by Azure.'),
    attempts: count('Failed attempts since the last success.'),
    notBefore: time('Not tried again before; null when it need not wait.').nullable(),
    startedAt: time(
      'When a worker first took it; null until then, and where it had to wait before anything was asked.',
    ).nullable(),
    progressAt: time('When something was stored for it last.'),
    closedAt: time('When it was finished; null until then.').nullable(),
    acknowledged: z.boolean().describe('Whether an operator took note of an incomplete window.'),
    error: z.string().nullable().describe('Why it failed or waits.'),
    repair: z
      .enum(['account', 'identity', 'settings'])
      .nullable()
      .describe('What has to be repaired before it can be read; null where nothing is known to.'),
  })
  .meta({
    id: 'Window',
    examples: [
      {
        key: '20260501T115300Z-20260501T115800Z',
        from: '2026-05-01T11:53:00Z',
        to: '2026-05-01T11:58:00Z',
        slice: null,
        state: 'closed',
        inWork: false,
        pages: 2,
        calls: 3,
        expected: 731,
        fetched: 731,
        listed: null,
        parts: null,
        outside: 0,
        repaired: 0,
        unchanged: 0,
        uploaded: 731,
        attempts: 0,
        notBefore: null,
        startedAt: '2026-05-01T12:00:00.310Z',
        progressAt: '2026-05-01T12:00:04.902Z',
        closedAt: '2026-05-01T12:00:04.902Z',
        acknowledged: false,
        error: null,
        repair: null,
      },
    ],
  }) satisfies z.ZodType<WindowView>;

/** Windows of a stream. */
export const windowList = z
  .strictObject({ windows: z.array(window).describe('In order of time.') })
  .meta({ id: 'WindowList' });

/** How many windows were retried at once. */
export const retriedWindows = z
  .strictObject({ retried: count('Windows put into the queue.') })
  .meta({ id: 'RetriedWindows', examples: [{ retried: 12 }] });

const oneWindow = {
  method: 'post',
  tag: 'Windows',
  params: z.strictObject({ stream: streamName, window: windowKey }),
  query: operateQuery,
  answers: { 200: { description: 'The window as it is now.', schema: window } },
  // 409: a worker has it, or its state does not allow it.
  problems: [400, 404, 409, ...SERVICE_PROBLEMS],
  connector: 'advanced',
} as const satisfies Partial<Operation>;

/** Windows of a stream, and what an operator does with them. */
export const windowOperations: readonly Operation[] = [
  {
    operationId: 'listWindows',
    method: 'get',
    route: 'windows/{stream}',
    tag: 'Windows',
    summary: 'List the windows of a stream',
    description: 'Live ones of the last hours and all that need attention, or those of a backfill.',
    params: z.strictObject({ stream: streamName }),
    query: windowsQuery,
    answers: { 200: { description: 'Windows, newest last.', schema: windowList } },
    problems: [400, 404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    ...oneWindow,
    operationId: 'retryWindow',
    route: 'windows/{stream}/{window}/retry',
    query: retryQuery,
    summary: 'Retry a window now',
    description:
      'Puts a failed, waiting or incomplete window into the queue at once. A failed or incomplete one is read from its start.',
  },
  {
    operationId: 'retryWindows',
    method: 'post',
    route: 'windows/{stream}/retry',
    tag: 'Windows',
    summary: 'Retry all windows now',
    description:
      'Puts all windows of a stream into the queue at once that failed, are incomplete or wait for their next try. What waits for Qualys or for the account goes on waiting there.',
    params: z.strictObject({ stream: streamName }),
    query: operateQuery,
    answers: { 200: { description: 'How many were put into the queue.', schema: retriedWindows } },
    problems: [400, 404, ...SERVICE_PROBLEMS],
    connector: 'advanced',
  },
  {
    ...oneWindow,
    operationId: 'waiveWindow',
    route: 'windows/{stream}/{window}/waive',
    summary: 'Waive a window',
    description:
      'Gives an unfinished window up: the watermark passes it, and what it holds is not ingested. Acknowledges an incomplete one.',
  },
];
