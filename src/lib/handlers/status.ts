import { handle, json } from '../http/handle.ts';
import { viewStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION } from '../services.ts';
import { STREAMS } from '../streams/index.ts';

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
