import type { StatusAnswer } from '../answers.ts';

/** A status whose figures could be read. */
export type ReadStatus = StatusAnswer & {
  readonly queue: NonNullable<StatusAnswer['queue']>;
  readonly deadLetters: number;
  readonly alerts: NonNullable<StatusAnswer['alerts']>;
};

/** Whether the figures of a status are there: without settings or storage there is the judgement alone. */
export function isRead(status: StatusAnswer): status is ReadStatus {
  return status.queue !== null && status.deadLetters !== null && status.alerts !== null;
}
