import type { Clock, WorkItem, WorkQueue } from '../../src/lib/pipeline/ports.ts';
import { CRASHED } from './actor.ts';

const HOST_RETRY_MS = 30_000;
const DEAD_HOST_MS = 600_000;
const MAX_DEQUEUES = 5;

/** A message as the queue keeps it. */
export interface Message {
  readonly item: WorkItem;
  visibleAt: number;
  dequeues: number;
  isTaken: boolean;
}

/** A queue in memory, and what the Functions host does with its messages. */
export interface ModelQueue {
  readonly port: WorkQueue;
  readonly messages: Message[];
  /** Takes the visible message at the place; undefined when none is visible. */
  readonly take: (place: number) => Message | undefined;
  /** Ends the work on a message, whose function has thrown this; undefined for a good end. */
  readonly settle: (message: Message, error: unknown) => void;
}

/** Makes an empty queue; `onPoison` gets what has failed too often. */
export function createModelQueue(clock: Clock, onPoison: (item: WorkItem) => Promise<unknown>): ModelQueue {
  const messages: Message[] = [];
  const now = (): number => clock.now().getTime();
  return {
    messages,
    port: {
      send: (item, delaySeconds = 0) => {
        messages.push({ item, visibleAt: now() + delaySeconds * 1000, dequeues: 0, isTaken: false });
        return Promise.resolve();
      },
    },
    take: (place) => {
      const visible = messages.filter(({ isTaken, visibleAt }) => !isTaken && visibleAt <= now());
      const message = visible[place % Math.max(1, visible.length)];
      if (message === undefined) return undefined;
      message.isTaken = true;
      message.dequeues++;
      return message;
    },
    settle: (message, error) => {
      message.isTaken = false;
      if (error === CRASHED) message.visibleAt = now() + DEAD_HOST_MS;
      else if (error !== undefined && message.dequeues < MAX_DEQUEUES) message.visibleAt = now() + HOST_RETRY_MS;
      else {
        messages.splice(messages.indexOf(message), 1);
        if (error !== undefined) void onPoison(message.item);
      }
    },
  };
}
