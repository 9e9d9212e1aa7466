/** The app or its settings keep the host from starting; the message is meant for the developer. */
export class HostError extends Error {
  override readonly name = 'HostError';
}
