import { app } from '@azure/functions';
import { handle, json } from '../lib/http/handle.ts';
import { runChecks } from '../lib/http/run-checks.ts';

/** Checks everything the connector depends on. */
export const ping = handle(async () => {
  const result = await runChecks();
  return json(result, result.ok ? 200 : 503);
});

app.http('ping', { route: 'ping', methods: ['GET', 'POST'], authLevel: 'function', handler: ping });
