import type * as z from 'zod';
import type { EdrPingResult } from '../http/ping-answers.ts';
import type { edrPingBody } from '../http/requests.ts';
import { checkEdr } from '../http/run-checks.ts';

/** Checks connectivity and read access to the EDR API. Never throws: what failed stands in the answer. */
export async function pingEdr({ case_id, scope }: z.output<typeof edrPingBody>): Promise<EdrPingResult> {
  const check = await checkEdr();
  const message = check.ok ? `Connected to Qualys EDR: ${check.detail}.` : `Could not use Qualys EDR: ${check.detail}`;
  return { case_id, scope: scope ?? 'All entities', status: check.ok ? 'COMPLETED' : 'FAILED', message, check };
}
