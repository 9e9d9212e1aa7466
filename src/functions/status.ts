import { app } from '@azure/functions';
import { handle, json } from '../lib/http/handle.ts';
import { viewStatus } from '../lib/pipeline/view-status.ts';
import { getServices, VERSION } from '../lib/services.ts';
import { STREAMS } from '../lib/streams/index.ts';

/** Tells where each stream stands. */
export const status = handle(async () => {
  const services = getServices();
  const enabled = new Set(services.streams.map(({ name }) => name));
  const [streams, queue, deadLetters] = await Promise.all([
    Promise.all(STREAMS.map(({ name }) => viewStatus({ name, enabled: enabled.has(name) }, services))),
    services.queue.lengths(),
    services.deadLetters.count(),
  ]);
  return json({ version: VERSION, streams, queue, deadLetters });
});

app.http('status', { route: 'status', methods: ['GET'], authLevel: 'function', handler: status });
