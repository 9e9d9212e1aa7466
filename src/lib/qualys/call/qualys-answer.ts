import { RetryableError } from '../../errors.ts';
import type { Priority } from '../../pipeline/ports.ts';
import { followPace, type NextPart, type PaceLimits } from './body-pace.ts';
import { createStartFinder, type DocumentStart } from './document-start.ts';
import { describeNetworkFault, scopeOf } from './network-fault.ts';
import { readAhead } from './read-ahead.ts';
import { untilAborted } from '../../until-aborted.ts';

/** An answer whose body is still to be read, once: by `body`, `text` or `bytes`; or to be given up by `cancel`. */
export interface QualysAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, decompressed. @throws RetryableError when it breaks off or stalls. */
  readonly body: AsyncIterable<Uint8Array>;
  /** The whole body as bytes. @throws RetryableError as `body`, and when it is longer than `maxBytes`. */
  readonly bytes: (maxBytes: number) => Promise<Uint8Array>;
  /** The whole body as UTF-8 text. @throws RetryableError as `bytes`. */
  readonly text: (maxBytes: number) => Promise<string>;
  /**
   * What the body begins with; it is still to be read, without the white space before. Of as many parts as it takes to know.
   * @throws RetryableError as `body`.
   */
  readonly begin: () => Promise<DocumentStart>;
  /** The first bytes of the body, as far as they come; the rest is given up. Never throws. */
  readonly start: (maxBytes: number) => Promise<Uint8Array>;
  /** Gives the body up: closes the connection and gives the permit back. */
  readonly cancel: () => void;
}

/** How an answer's body is read. */
export interface ReadOptions extends PaceLimits {
  readonly url: string;
  /** An `interactive` answer is read before all others. */
  readonly priority: Priority;
  /** Ends the call when aborted; its reason is what the reader sees. */
  readonly stop: AbortController;
  /** Called when the body is read, failed or given up. */
  readonly settle: () => void;
}

/**
 * What is read of a body before it is asked for. Most pages are smaller: their permit is free for the next call while they are still
 * decoded and uploaded. A longer body waits in the vendor's socket.
 */
const READ_AHEAD_BYTES = 4 * 1024 * 1024;

type Reader = ReadableStreamDefaultReader<Uint8Array>;

/** Wraps a response so that its body keeps our time limits and gives the permit back exactly once. */
export function readAnswer(response: Response, options: ReadOptions): QualysAnswer {
  const isUrgent = options.priority === 'interactive';
  const { body, begin } = readOnce(readAhead(bodyOf(response, options), READ_AHEAD_BYTES, isUrgent), options.settle);
  const cancel = (): void => {
    options.stop.abort(new RetryableError('The answer of Qualys was given up before its end', { scope: 'answer' }));
    void response.body?.cancel().catch(() => undefined);
    options.settle();
  };
  if (response.body === null) options.settle();
  const bytes = (maxBytes: number): Promise<Uint8Array> => collect(body, maxBytes);
  return {
    status: response.status,
    headers: response.headers,
    body,
    bytes,
    text: async (maxBytes) => new TextDecoder().decode(await bytes(maxBytes)),
    begin,
    start: (maxBytes) => startOf(body, maxBytes).finally(cancel),
    cancel,
  };
}

/** A body that can be looked at before it is read, and is read once: a second read would find it empty. */
function readOnce(parts: AsyncIterator<Uint8Array, void>, settle: () => void): Pick<QualysAnswer, 'body' | 'begin'> {
  let seen: Uint8Array | undefined;
  let isTaken = false;
  const next = async (): Promise<IteratorResult<Uint8Array, void>> => {
    const value = seen;
    seen = undefined;
    return value === undefined || value.length === 0 ? parts.next() : { value, done: false };
  };
  const end = async (): Promise<IteratorResult<Uint8Array, void>> => {
    settle();
    await parts.return?.();
    return { value: undefined, done: true };
  };
  const iterate = (): AsyncIterator<Uint8Array, void> => {
    if (isTaken) throw new Error('The body of an answer can be read once only');
    isTaken = true;
    return { next, return: end };
  };
  const begin = async (): Promise<DocumentStart> => {
    const finder = createStartFinder();
    const come: Uint8Array[] = [];
    let start: DocumentStart | undefined;
    while (start === undefined) {
      const { value } = await parts.next();
      if (value !== undefined) come.push(value);
      start = value === undefined ? finder.end() : finder.write(value);
    }
    seen = Buffer.concat(come).subarray(start.blank);
    return start;
  };
  return { body: { [Symbol.asyncIterator]: iterate }, begin };
}

async function* bodyOf(response: Response, options: ReadOptions): AsyncGenerator<Uint8Array, void> {
  if (response.body === null) return;
  const reader = response.body.getReader() as Reader;
  const pace = followPace(options);
  let received = 0;
  try {
    for (;;) {
      const startedAt = performance.now();
      const { done, value } = await readPart(reader, pace.next(), received === 0, options);
      if (done) return;
      pace.note(performance.now() - startedAt, value.byteLength);
      received += value.byteLength;
      yield value;
    }
  } finally {
    void reader.cancel().catch(() => undefined);
    options.settle();
  }
}

/** Reads one part; the clock runs only while we wait for the vendor, never while the caller works. */
async function readPart(
  reader: Reader,
  { limitMs, late }: NextPart,
  isFirst: boolean,
  { url, stop }: ReadOptions,
): ReturnType<Reader['read']> {
  const { host } = new URL(url);
  const phase = isFirst ? 'before-body' : 'in-body';
  const giveUp = (): void => {
    stop.abort(new RetryableError(`Qualys (${host}) ${late}`, { scope: scopeOf(phase, true) }));
  };
  // A timer would never win against a body that flows without a pause.
  if (limitMs === 0) giveUp();
  const timer = setTimeout(giveUp, limitMs);
  try {
    return await untilAborted(reader.read(), stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : describeNetworkFault(host, error, phase);
  } finally {
    clearTimeout(timer);
  }
}

async function collect(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.byteLength;
    if (length > maxBytes) {
      const message = `The answer of Qualys is longer than ${maxBytes} bytes, the most accepted for this call`;
      throw new RetryableError(message, { scope: 'answer' });
    }
    parts.push(part);
  }
  return Buffer.concat(parts, length);
}

async function startOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const part of body) {
      parts.push(part);
      length += part.byteLength;
      if (length >= maxBytes) break;
    }
  } catch {
    // What came before the break still tells more than the break.
  }
  return Buffer.concat(parts, length).subarray(0, maxBytes);
}
