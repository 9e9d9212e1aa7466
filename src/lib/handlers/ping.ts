import { handle, json } from '../http/handle.ts';
import { runChecks } from '../http/run-checks.ts';

/** Checks everything the connector depends on. */
export const ping = handle(async () => {
  const result = await runChecks();
  return json(result, result.ok ? 200 : 503);
});
