import * as z from 'zod';
import { handle, json } from '../http/handle.ts';
import { readBody } from '../http/read-request.ts';
import { checkEdr } from '../http/run-checks.ts';

/** Body of the SOAR action, as Chronicle SOAR calls it. */
export const edrPingSchema = z.object({
  case_id: z.string().min(1).max(200).describe('Id of the case.'),
  alert_group_identifiers: z.array(z.string().min(1).max(500)).max(1000).describe('Identifiers of the alert groups.'),
  target_entities: z
    .array(z.object({ Identifier: z.string().min(1).max(2000), EntityType: z.string().min(1).max(200) }))
    .max(1000)
    .nullish()
    .describe('Entities of the action; the ping needs none.'),
  scope: z.string().max(200).nullish().describe('Scope of the action; "All entities" when absent.'),
});

/** The action `qualys_edr_ping`: connectivity and read access to the EDR API. */
export const qualysEdrPing = handle(async (request) => {
  const { case_id, scope } = await readBody(request, edrPingSchema);
  const check = await checkEdr();
  const message = check.ok ? `Connected to Qualys EDR: ${check.detail}.` : `Could not use Qualys EDR: ${check.detail}`;
  return json({ case_id, scope: scope ?? 'All entities', status: check.ok ? 'COMPLETED' : 'FAILED', message, check });
});
