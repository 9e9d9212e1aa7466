import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { describeError } from '../describe-error.ts';
import type { CategoryLog } from './log.ts';

/** A message that this host keeps invisible to others while it works on it. */
export interface MessageLease {
  /** Removes the message from the queue. */
  readonly remove: () => Promise<void>;
  /** Gives the message back, visible again after so many milliseconds. */
  readonly giveBack: (delayMs: number) => Promise<void>;
  /** Renews no more; resolves once a renewal under way is done. */
  readonly stop: () => Promise<void>;
}

/** True where the message has gone, or another has taken it: there is nothing left to do then. */
function isLost(error: unknown): boolean {
  const { statusCode, code } = error as { readonly statusCode?: number; readonly code?: string };
  return statusCode === 404 || (statusCode === 400 && code === 'PopReceiptMismatch');
}

/** Holds a message: its invisibility is renewed when half of it has passed. */
export function holdMessage(
  queue: QueueClient,
  message: DequeuedMessageItem,
  invisibilityMs: number,
  log: CategoryLog,
): MessageLease {
  const { messageId } = message;
  let popReceipt = message.popReceipt;
  let last: Promise<void> = Promise.resolve();

  const attempt = (what: string, act: () => Promise<void>): Promise<void> => {
    last = last.then(act).catch((error: unknown) => {
      const level = isLost(error) ? 'debug' : 'error';
      log(level, `Message '${messageId}' of queue '${queue.name}' could not be ${what}: ${describeError(error)}`);
    });
    return last;
  };
  const setVisible = async (delayMs: number): Promise<void> => {
    const updated = await queue.updateMessage(messageId, popReceipt, undefined, Math.round(delayMs / 1000));
    popReceipt = updated.popReceipt ?? popReceipt;
  };

  const renewal = setInterval(() => void attempt('renewed', () => setVisible(invisibilityMs)), invisibilityMs / 2);
  return {
    remove: () =>
      attempt('deleted', async () => {
        await queue.deleteMessage(messageId, popReceipt);
      }),
    giveBack: (delayMs) => attempt('given back', () => setVisible(delayMs)),
    stop: async () => {
      clearInterval(renewal);
      await last;
    },
  };
}
