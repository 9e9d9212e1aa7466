import { checkFaults, isPattern } from '../simulator/check-faults.ts';
import type { FaultTarget } from '../simulator/fault-rules.ts';

/** What goes wrong at the ingestion endpoint. The `host` of a target has no meaning here. */
export type IngestionFaultAction =
  /** Refused: nothing is kept. Code and message default to Azure's for 403, 413, 429 and 500. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      /** Sets `Retry-After`; without it the header is absent. */
      readonly retryAfterSeconds?: number;
    }
  /** Refused are calls with a row whose JSON text matches: nothing of them is kept. With `count: 'always'` each such call is. */
  | { readonly kind: 'refuse-rows'; readonly pattern: string; readonly status?: number }
  /** The rows are kept, but the connection is reset before the answer. */
  | { readonly kind: 'accept-then-reset' }
  /** The rows are kept, but the answer is an error. */
  | { readonly kind: 'accept-then-status'; readonly status: number; readonly retryAfterSeconds?: number }
  /** The connection is reset and nothing is kept. */
  | { readonly kind: 'reset' }
  /** The answer comes so much later; the rows are kept first. */
  | { readonly kind: 'delay'; readonly ms: number };

export type IngestionFault = FaultTarget & IngestionFaultAction;

const PARAMETERS: Readonly<Record<IngestionFaultAction['kind'], readonly string[]>> = {
  status: ['status!', 'code', 'message', 'retryAfterSeconds'],
  'refuse-rows': ['pattern!', 'status'],
  'accept-then-reset': [],
  'accept-then-status': ['status!', 'retryAfterSeconds'],
  reset: [],
  delay: ['ms!'],
};

/**
 * Checks faults that come from outside.
 * @throws RangeError naming the fault and what is allowed.
 */
export function parseIngestionFaults(value: unknown): IngestionFault[] {
  checkFaults(value, PARAMETERS);
  const faults = value as IngestionFault[];
  for (const [place, fault] of faults.entries()) {
    if ('status' in fault && (!Number.isInteger(fault.status) || fault.status < 200 || fault.status > 599)) {
      throw new RangeError(`fault ${place + 1} (${fault.kind}): status must be from 200 to 599`);
    }
    if (fault.kind === 'refuse-rows' && !isPattern(fault.pattern)) {
      throw new RangeError(`fault ${place + 1} (refuse-rows): pattern must be a regular expression`);
    }
  }
  return faults;
}
