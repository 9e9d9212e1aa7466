import { tryNow as run } from '../actions/try-now.ts';
import { handle, json } from '../http/handle.ts';
import { readQuery } from '../http/read-request.ts';
import { tryNowQuery } from '../http/requests.ts';

/** Hurries what waits for the account or the identity, and lets one login out. */
export const tryNow = handle(async (request) => json(await run(readQuery(request, tryNowQuery).reason)));
