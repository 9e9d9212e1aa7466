import { UsageError } from '../usage-error.ts';

/** The app or its settings keep the host from starting; the message is meant for the developer. */
export class HostError extends UsageError {
  override readonly name = 'HostError';
}
