import { viewStatus, type StreamStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION } from '../services.ts';
import { STREAMS } from '../streams/index.ts';

/** What status tells. */
export interface ConnectorStatus {
  readonly version: string;
  readonly streams: readonly StreamStatus[];
  readonly queue: { readonly waiting: number; readonly poison: number };
  readonly deadLetters: number;
}

/** Tells where each stream stands, and what waits for a person. */
export async function viewConnector(): Promise<ConnectorStatus> {
  const services = getServices();
  const enabled = new Set(services.streams.map(({ name }) => name));
  const [streams, queue, deadLetters] = await Promise.all([
    Promise.all(STREAMS.map(({ name }) => viewStatus({ name, enabled: enabled.has(name) }, services))),
    services.queue.lengths(),
    services.deadLetters.count(),
  ]);
  return { version: VERSION, streams, queue, deadLetters };
}
