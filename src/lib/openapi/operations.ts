import type { Operation } from './operation.ts';
import { alertOperations } from './operations/alerts.ts';
import { backfillOperations } from './operations/backfills.ts';
import { deadLetterOperations } from './operations/dead-letters.ts';
import { edrOperations } from './operations/edr.ts';
import { enrichOperations } from './operations/enrich.ts';
import { healthOperations } from './operations/health.ts';
import { traceOperations } from './operations/traces.ts';
import { windowOperations } from './operations/windows.ts';

/** Every route that programs call, in the order of the document. */
export const OPERATIONS: readonly Operation[] = [
  ...healthOperations,
  ...windowOperations,
  ...backfillOperations,
  ...deadLetterOperations,
  ...alertOperations,
  ...edrOperations,
  ...enrichOperations,
  ...traceOperations,
];
