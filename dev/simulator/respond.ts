import type { ServerResponse } from 'node:http';
import type { Answer } from './exchange.ts';
import { applyWireFaults, ConnectionReset, encodeParts, type Bytes } from './fault-wire.ts';
import { findFault, type FaultAction } from './faults.ts';

/** What the sender tells while it sends. */
export interface SendObserver {
  /** Called with the length of each piece handed to the connection. */
  readonly onBytes: (bytes: number) => void;
  /** Called just before the body's end is sent: from then on the call no longer counts as running. */
  readonly onLast: () => void;
}

/** Resets the connection, so that the client sees ECONNRESET, not an end. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** Waits until the connection takes more, or is closed. */
async function untilDrained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const goOn = (): void => {
      response.off('drain', goOn).off('close', goOn);
      resolve();
    };
    response.on('drain', goOn).on('close', goOn);
  });
}

/** Asked anew each time: the client may go while a piece is made. */
function isGone(response: ServerResponse): boolean {
  return response.destroyed;
}

async function writePieces(response: ServerResponse, pieces: Bytes, observer: SendObserver): Promise<void> {
  for await (const piece of pieces) {
    if (isGone(response)) return;
    observer.onBytes(piece.length);
    const isTaken = piece.length === 0 || response.write(piece);
    if (!isTaken && !isGone(response)) await untilDrained(response);
  }
  observer.onLast();
  response.end();
}

/** Lets what is already written reach the client before the reset. */
async function flush(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    response.write(Buffer.alloc(0));
    response.once('close', resolve);
    setImmediate(resolve);
  });
}

/**
 * Sends an answer with back-pressure: a piece is made only when the connection has taken the one before.
 * Faults that concern the body or the connection are applied here.
 */
export async function sendAnswer(
  response: ServerResponse,
  answer: Answer,
  faults: readonly FaultAction[],
  observer: SendObserver,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const isZipped = findFault(faults, 'gzip') !== undefined || findFault(faults, 'gzip-bomb') !== undefined;
  response.writeHead(answer.status, { ...answer.headers, ...(isZipped ? { 'content-encoding': 'gzip' } : {}) });
  const parts = typeof answer.body === 'string' ? [answer.body] : answer.body;
  try {
    await writePieces(response, applyWireFaults(encodeParts(parts), faults, gone.signal), observer);
  } catch (error) {
    if (error instanceof ConnectionReset) {
      await flush(response);
      resetConnection(response);
    } else if (!gone.signal.aborted) {
      throw error;
    }
  }
}
