import { setImmediate } from 'node:timers/promises';

/** A reader that waits for its turn. */
interface Waiting {
  /** The younger the answer, the higher. */
  readonly answer: number;
  /** Whether all of the answer has come meanwhile. */
  readonly isWhole: () => boolean;
  readonly since: number;
  readonly goOn: () => void;
}

/** Who has waited for so long, in milliseconds, goes first. */
const PATIENCE_MS = 500;
/** What has arrived so far, of all answers of this process, in bytes. */
let arrived = 0;
/** Less in a turn is a trickle: waiting for its end would hold everybody up for as long as a slow sender likes. */
const TRICKLE_BYTES = 4096;
/** What a reader takes in one turn: were it one part, the many small parts of older answers would keep younger ones from their turn. */
const TURN_BYTES = 65_536;
/** Answers so far: the number of the next one. */
let answers = 0;
/** In the order of asking. */
const waiting: Waiting[] = [];
let isGivingTurns = false;

/**
 * Waits for a turn of the event loop in which nothing but a trickle arrives: an answer received to its end frees its permit for the next
 * call, so receiving goes before the work on what is received. Reading ahead is bounded, so that does not last. One reader has a turn at a
 * time: of the answers that are whole the oldest, so that pages come to their end one after the other; the others take turns.
 */
function quietTurn(answer: number, isWhole: () => boolean): Promise<void> {
  return new Promise((goOn) => {
    waiting.push({ answer, isWhole, since: performance.now(), goOn });
    if (!isGivingTurns) void giveTurns();
  });
}

async function giveTurns(): Promise<void> {
  isGivingTurns = true;
  while (waiting.length > 0) {
    let before: number;
    do {
      before = arrived;
      await setImmediate();
    } while (arrived - before >= TRICKLE_BYTES);
    waiting.splice(pickNext(), 1)[0]?.goOn();
  }
  isGivingTurns = false;
}

function pickNext(): number {
  const now = performance.now();
  const late = waiting.findIndex(({ since }) => now - since > PATIENCE_MS);
  if (late >= 0) return late;
  const oldest = Math.min(...waiting.filter(({ isWhole }) => isWhole()).map(({ answer }) => answer));
  return Math.max(
    0,
    waiting.findIndex(({ answer }) => answer === oldest),
  );
}

/**
 * Reads an iterator before its parts are asked for, up to `mostBytes` of them, so that whoever sends is not held up by a slow reader.
 * An error is thrown once the parts before it have been read. What is read ahead starts with the first call of `next`.
 * @param isUrgent whether its reader waits for no turn: somebody waits for a short answer, which is not to come after long pages.
 */
export function readAhead(
  parts: AsyncIterator<Uint8Array, void>,
  mostBytes: number,
  isUrgent = false,
): AsyncIterator<Uint8Array, void> {
  const answer = answers++;
  let ready: (Uint8Array | undefined)[] = [];
  /** The first of them that was not taken yet: to move all the others up for each would take seconds of a body of tiny parts. */
  let first = 0;
  let readyBytes = 0;
  let untilTurn = isUrgent ? Infinity : TURN_BYTES;
  let ended: { readonly error?: unknown } | undefined;
  let reading: Promise<void> | undefined;

  async function readOne(): Promise<void> {
    try {
      const part = await parts.next();
      if (part.done === true) ended ??= {};
      else {
        arrived += part.value.byteLength;
        ready.push(part.value);
        readyBytes += part.value.byteLength;
      }
    } catch (error) {
      ended ??= { error };
    }
    reading = undefined;
    goOn();
  }

  function goOn(): void {
    if (ended === undefined && readyBytes < mostBytes) reading ??= readOne();
  }

  function takeFirst(): Uint8Array | undefined {
    const part = ready[first];
    ready[first++] = undefined;
    if (first * 2 < ready.length) return part;
    ready = ready.slice(first);
    first = 0;
    return part;
  }

  return {
    next: async () => {
      goOn();
      if (ready.length === 0 && ended === undefined) await reading;
      if (untilTurn <= 0) {
        await quietTurn(answer, () => ended !== undefined);
        untilTurn = TURN_BYTES;
      }
      const value = takeFirst();
      if (value !== undefined) {
        untilTurn -= value.byteLength;
        readyBytes -= value.byteLength;
        goOn();
        return { value, done: false };
      }
      if (ended !== undefined && 'error' in ended) throw ended.error;
      return { value: undefined, done: true };
    },
    return: () => {
      ended = {};
      ready = [];
      first = 0;
      // Not awaited: a read that is under way ends only when the sender says something.
      void parts.return?.().catch(() => undefined);
      return Promise.resolve({ value: undefined, done: true });
    },
  };
}
