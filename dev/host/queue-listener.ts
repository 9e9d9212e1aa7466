import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { describeError } from '../describe-error.ts';
import type { QueueSettings } from './host-json.ts';
import type { CategoryLog } from './log.ts';
import { holdMessage, type MessageLease } from './message-lease.ts';
import { decodeMessage } from './queue-message.ts';
import { createSignal, type Signal } from './signal.ts';
import { waitAtMost } from './wait.ts';

/** What a listener needs. */
export interface QueueListenerOptions {
  readonly queue: QueueClient;
  /** Undefined for a queue that has none, being one itself. */
  readonly poisonQueue: QueueClient | undefined;
  readonly settings: QueueSettings;
  /** How long a taken message stays invisible, in milliseconds; renewed at half of it. */
  readonly invisibilityMs: number;
  /** Runs the function; rejects when it fails. */
  readonly run: (message: DequeuedMessageItem, body: Buffer) => Promise<unknown>;
  readonly log: CategoryLog;
}

/** Feeds the messages of one queue to one function. */
export interface QueueListener {
  /** Looks into the queue at once. */
  readonly wake: () => void;
  /**
   * Takes no further message and waits for those being worked on, at most so many milliseconds; the rest becomes
   * visible again, for the next start.
   */
  readonly stop: (timeoutMs: number) => Promise<void>;
}

interface State extends QueueListenerOptions {
  readonly signal: Signal;
  /** Messages being worked on. */
  readonly working: Map<MessageLease, Promise<void>>;
  isStopped: boolean;
  isReady: boolean;
  hasFailed: boolean;
}

const minPollingIntervalMs = 100;
/** For the last requests of a listener that stops. */
const graceMs = 3000;

async function moveToPoison(state: State, message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
  const { poisonQueue, settings, log } = state;
  if (poisonQueue === undefined) {
    return;
  }
  const limit = settings.maxDequeueCount;
  log('warning', `Message has reached MaxDequeueCount of ${limit}. Moving message to queue '${poisonQueue.name}'.`);
  await poisonQueue.createIfNotExists();
  await poisonQueue.sendMessage(message.messageText);
  await lease.remove();
}

/** After a failure: another attempt later, the poison queue, or, in a poison queue, invisible until it is taken again. */
async function settleFailure(state: State, message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
  if (state.poisonQueue === undefined) {
    return;
  }
  if (message.dequeueCount >= state.settings.maxDequeueCount) {
    await moveToPoison(state, message, lease);
  } else {
    await lease.giveBack(state.settings.visibilityTimeoutMs);
  }
}

async function runFunction(state: State, message: DequeuedMessageItem, body: Buffer): Promise<boolean> {
  try {
    await state.run(message, body);
    return true;
  } catch {
    // Logged by the invoker.
    return false;
  }
}

async function processMessage(state: State, message: DequeuedMessageItem, lease: MessageLease): Promise<void> {
  const body = decodeMessage(message.messageText, state.settings.messageEncoding);
  // The function never sees what cannot be decoded, nor what others have tried often enough.
  if (body === undefined || message.dequeueCount > state.settings.maxDequeueCount) {
    await lease.stop();
    await moveToPoison(state, message, lease);
    return;
  }
  const hasSucceeded = await runFunction(state, message, body);
  await lease.stop();
  await (hasSucceeded ? lease.remove() : settleFailure(state, message, lease));
}

function startMessage(state: State, message: DequeuedMessageItem): void {
  const lease = holdMessage(state.queue, message, state.invisibilityMs, state.log);
  const work = processMessage(state, message, lease)
    .catch((error: unknown) => {
      state.log('error', `Message '${message.messageId}' could not be settled: ${describeError(error)}`);
    })
    .finally(() => {
      state.working.delete(lease);
      // A place is free, and the function may have sent a message itself.
      state.signal.notify();
    });
  state.working.set(lease, work);
}

async function receive(state: State): Promise<DequeuedMessageItem[]> {
  const { queue, settings, invisibilityMs } = state;
  if (!state.isReady) {
    await queue.createIfNotExists();
    state.isReady = true;
  }
  const options = { numberOfMessages: settings.batchSize, visibilityTimeout: Math.round(invisibilityMs / 1000) };
  const { receivedMessageItems } = await queue.receiveMessages(options);
  return receivedMessageItems;
}

/** Takes what is there; storage that does not answer is reported once, and again when it is back. */
async function tryReceive(state: State): Promise<DequeuedMessageItem[]> {
  const { log, queue } = state;
  try {
    const messages = await receive(state);
    if (state.hasFailed) {
      log('information', `Queue '${queue.name}' can be read again.`);
      state.hasFailed = false;
    }
    return messages;
  } catch (error) {
    // The queue may have been deleted: it is created again at the next look.
    state.isReady = false;
    if (!state.hasFailed) {
      log('error', `Queue '${queue.name}' cannot be read, trying again: ${describeError(error)}`);
      state.hasFailed = true;
    }
    return [];
  }
}

async function releaseAll(state: State, messages: readonly DequeuedMessageItem[]): Promise<void> {
  for (const message of messages) {
    const lease = holdMessage(state.queue, message, state.invisibilityMs, state.log);
    await lease.giveBack(0);
    await lease.stop();
  }
}

/** Looks into the queue until stopped: at once after a find, else after 100 ms, doubling up to the longest interval. */
async function poll(state: State): Promise<void> {
  let delayMs = minPollingIntervalMs;
  while (!state.isStopped) {
    if (state.working.size > state.settings.newBatchThreshold) {
      await state.signal.wait();
      continue;
    }
    const messages = await tryReceive(state);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- stop() may have run during the wait
    if (state.isStopped) {
      await releaseAll(state, messages);
    } else if (messages.length > 0) {
      messages.forEach((message) => startMessage(state, message));
      delayMs = minPollingIntervalMs;
    } else {
      await state.signal.wait(delayMs);
      delayMs = Math.min(delayMs * 2, state.settings.maxPollingIntervalMs);
    }
  }
}

async function giveBackNow(lease: MessageLease): Promise<void> {
  await lease.stop();
  await lease.giveBack(0);
}

/**
 * Listens to a queue as the storage extension of Functions does. Two things are quicker than there: a function that
 * ends wakes the listener, and messages still worked on at the end of the host can be given back.
 */
export function startQueueListener(options: QueueListenerOptions): QueueListener {
  const state: State = {
    ...options,
    signal: createSignal(),
    working: new Map(),
    isStopped: false,
    isReady: false,
    hasFailed: false,
  };
  const polling = poll(state);
  return {
    wake: state.signal.notify,
    stop: async (timeoutMs) => {
      state.isStopped = true;
      state.signal.notify();
      await waitAtMost(
        polling.then(() => Promise.all(state.working.values())),
        timeoutMs,
      );
      await waitAtMost(Promise.all([...state.working.keys()].map(giveBackNow)), graceMs);
    },
  };
}
