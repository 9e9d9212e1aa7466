import { handle, json } from '../http/handle.ts';
import { readBody } from '../http/read-request.ts';
import { edrPingBody } from '../http/requests.ts';
import { checkEdr } from '../http/run-checks.ts';

/** The action `qualys_edr_ping`: connectivity and read access to the EDR API. */
export const qualysEdrPing = handle(async (request) => {
  const { case_id, scope } = await readBody(request, edrPingBody);
  const check = await checkEdr();
  const message = check.ok ? `Connected to Qualys EDR: ${check.detail}.` : `Could not use Qualys EDR: ${check.detail}`;
  return json({ case_id, scope: scope ?? 'All entities', status: check.ok ? 'COMPLETED' : 'FAILED', message, check });
});
