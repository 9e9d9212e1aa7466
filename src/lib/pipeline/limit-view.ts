import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';

/** Which of the vendor's APIs. */
export const api = z.enum(['edr', 'vm']).describe("The vendor's API, whose limits its streams share.");

/** How the limits of an API stand, declared once. The OpenAPI document alone loads the schema; all others import the types. */
export const apiLimits = z
  .strictObject({
    api,
    permits: count('Calls allowed at once, over all instances.'),
    inUse: count('Permits that instances hold now.'),
    pausedUntil: time('Qualys asked to wait until then; null when it does not.').nullable(),
    pauseReason: z.string().nullable().describe('Why it waits.'),
    pausedSince: time('When Qualys asked; null when it does not.').nullable(),
    outages: z
      .array(
        z.strictObject({
          route: z.string().describe('What does not answer, e.g. vm/detections.'),
          since: time('When that was first found out.'),
          nextTryAt: time('When it is tried next, if somebody needs it.'),
          error: z.string().describe('Why it is out.'),
        }),
      )
      .describe('Routes of the API that do not answer; they are tried again by themselves, once in five minutes.'),
    budget: z
      .strictObject({
        limit: count('Calls allowed in a window.'),
        left: count('Calls left: what Qualys told last, and what has come free since.'),
        reserve: count('Calls of them that backfills leave to the live windows.'),
        windowSeconds: count('Length of that rolling window.'),
        seenAt: time('When Qualys told it last.'),
      })
      .nullable()
      .describe("Qualys' call budget; null until it has told one."),
    account: z.exactOptional(
      z
        .strictObject({
          refusedSince: time('When the first login was refused since one was accepted.'),
          refusals: count('Refused logins since then.'),
          nextTryAt: z.exactOptional(
            time(
              'When the next login is tried; absent where none is until the secret changes or a person asks for it.',
            ),
          ),
          error: z.string().describe('What Qualys said last, and what to check.'),
          heldBy: z.exactOptional(
            api.describe('The API that refuses it, where that is the other one and this one is only kept from trying.'),
          ),
          lastOkAt: z.exactOptional(time('When this API accepted a login last.')),
        })
        .describe('How an account stands that is refused; absent where it is not.'),
    ),
  })
  .meta({ id: 'ApiLimits' });

export type LimitView = Answered<z.infer<typeof apiLimits>>;

/** How an account stands that an API refuses, or that is kept away from it because the other one refuses it. */
export type AccountView = NonNullable<LimitView['account']>;
