import { pingEdr } from '../actions/ping-edr.ts';
import { handle, json } from '../http/handle.ts';
import { readBody } from '../http/read-request.ts';
import { edrPingBody } from '../http/requests.ts';

/** The action `qualys_edr_ping`: connectivity and read access to the EDR API. */
export const qualysEdrPing = handle(async (request) => json(await pingEdr(await readBody(request, edrPingBody))));
