import { pingEdr } from '../actions/ping-edr.ts';
import { handle, json } from '../http/handle.ts';
import { readBody } from '../http/read-request.ts';
import { edrPingBody } from '../http/requests.ts';
import { runChecks } from '../http/run-checks.ts';

/** Checks everything the connector depends on. A GET, which monitors send, asks Qualys at most once in five minutes; a POST asks now. */
export const ping = handle(async (request) => {
  const result = await runChecks(request.method === 'POST');
  return json(result, result.ok ? 200 : 503);
});

/** The action `qualys_edr_ping`: connectivity and read access to the EDR API. */
export const qualysEdrPing = handle(async (request) => json(await pingEdr(await readBody(request, edrPingBody))));
