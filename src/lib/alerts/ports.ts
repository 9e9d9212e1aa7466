import type { Alert } from '../pipeline/stream.ts';

/** The message of the alert queue. */
export interface AlertItem extends Omit<Alert, 'time'> {
  readonly version: 1;
  /** When its row was accepted, ISO 8601. */
  readonly queuedAt: string;
}

/** Where alerts wait until they are posted. */
export interface AlertQueue {
  /** Adds an alert, visible after `delaySeconds` (at most seven days). */
  readonly send: (item: AlertItem, delaySeconds?: number) => Promise<void>;
}
