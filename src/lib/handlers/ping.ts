import { handle, json } from '../http/handle.ts';
import { runChecks } from '../http/run-checks.ts';

/** Checks everything the connector depends on. A GET, which monitors send, asks Qualys at most once in five minutes; a POST asks now. */
export const ping = handle(async (request) => {
  const result = await runChecks(request.method === 'POST');
  return json(result, result.ok ? 200 : 503);
});
