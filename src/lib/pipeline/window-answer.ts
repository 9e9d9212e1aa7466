import * as z from 'zod';
import { count, time, windowKey, type Answered } from '../answer-values.ts';
import { WINDOW_STATES } from './ports.ts';

/** What an operator sees of a window, declared once. The OpenAPI document alone loads the schema; all others import the type. */
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
  });

export type WindowView = Answered<z.infer<typeof window>>;
