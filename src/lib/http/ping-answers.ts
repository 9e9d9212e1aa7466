import * as z from 'zod';
import { count, type Answered } from '../answer-values.ts';

/** One check of `ping`. */
const check = z
  .strictObject({
    name: z.string().describe('What is checked: settings, storage, qualys-edr, qualys-vm, logs-ingestion.'),
    ok: z.boolean().describe('Whether it can be used.'),
    latencyMs: count('How long the check took, in milliseconds.'),
    detail: z.string().describe('What was found, or why it cannot be used.'),
    ageSeconds: count('How old the answer is; absent where it was asked for now.').optional(),
  })
  .meta({ id: 'Check' });

/** What `ping` answers. */
export const pingResult = z
  .strictObject({
    ok: z.boolean().describe('Whether all checks passed.'),
    version: z.string().describe('Version of the connector.'),
    checks: z.array(check),
  })
  .meta({
    id: 'PingResult',
    examples: [
      {
        ok: true,
        version: '1.0.0',
        checks: [{ name: 'qualys-edr', ok: true, latencyMs: 412, detail: 'logged in and read one event' }],
      },
    ],
  });

/** What the SOAR action answers. */
export const edrPingResult = z
  .strictObject({
    case_id: z.string().describe('As asked.'),
    scope: z.string().describe('As asked; "All entities" when absent.'),
    status: z.enum(['COMPLETED', 'FAILED']),
    message: z.string().describe('A sentence for the case wall.'),
    check,
  })
  .meta({
    id: 'EdrPingResult',
    examples: [
      {
        case_id: '4711',
        scope: 'All entities',
        status: 'COMPLETED',
        message: 'Connected to Qualys EDR: logged in and read one event.',
        check: { name: 'qualys-edr', ok: true, latencyMs: 402, detail: 'logged in and read one event' },
      },
    ],
  });

export type Check = Answered<z.infer<typeof check>>;
export type PingResult = Answered<z.infer<typeof pingResult>>;
export type EdrPingResult = Answered<z.infer<typeof edrPingResult>>;
