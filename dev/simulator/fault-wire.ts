import { pipeline, Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import type { Piece } from './exchange.ts';
import { findFault, type FaultAction } from './faults.ts';

/** A body as the connection takes it. */
export type Bytes = AsyncIterable<Buffer> | Iterable<Buffer>;

/** Thrown out of a body that must end with a reset of the connection. */
export class ConnectionReset extends Error {
  override name = 'ConnectionReset';
}

const PIECE = 65_536;
const DEFAULT_CUT = 2_000;
const MEGABYTE = 1_048_576;
/** The longest time a timer takes, in milliseconds. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** A character takes at most three bytes a UTF-16 unit. */
function mostBytes(part: Piece): number {
  return typeof part === 'string' ? part.length * 3 : part.length;
}

/** Joins the parts of a body into pieces of a useful size. */
export function* encodeParts(parts: Iterable<Piece>): Generator<Buffer> {
  let piece = Buffer.allocUnsafe(PIECE);
  let used = 0;
  for (const part of parts) {
    if (used + mostBytes(part) > PIECE) {
      if (used > 0) {
        yield piece.subarray(0, used);
        piece = Buffer.allocUnsafe(PIECE);
        used = 0;
      }
      if (mostBytes(part) > PIECE) {
        yield typeof part === 'string' ? Buffer.from(part) : part;
        continue;
      }
    }
    used += typeof part === 'string' ? piece.write(part, used) : part.copy(piece, used);
  }
  if (used > 0) yield piece.subarray(0, used);
}

/** So many bytes of one letter, in pieces. */
function* repeatByte(letter: string, bytes: number): Generator<Buffer> {
  const piece = Buffer.alloc(PIECE, letter);
  for (let left = bytes; left > 0; left -= PIECE) yield left >= PIECE ? piece : piece.subarray(0, left);
}

interface Splice {
  /** Markers by preference; the first one found counts. */
  readonly after: readonly string[];
  /** What is put in there. */
  readonly insert: () => Iterable<Buffer>;
  readonly isRepeated?: boolean;
}

/** Puts bytes in after a marker, wherever the pieces are cut. */
async function* splice(source: Bytes, { after, insert, isRepeated = false }: Splice): AsyncGenerator<Buffer> {
  const longest = Math.max(...after.map((marker) => Buffer.byteLength(marker)));
  let rest: Buffer = Buffer.alloc(0);
  let isDone = false;
  for await (const piece of source) {
    rest = Buffer.concat([rest, piece]);
    for (let end = isDone ? -1 : endOfMarker(rest, after); end !== -1; end = isDone ? -1 : endOfMarker(rest, after)) {
      yield rest.subarray(0, end);
      yield* insert();
      rest = rest.subarray(end);
      isDone = !isRepeated;
    }
    const keep = isDone ? 0 : Math.min(longest - 1, rest.length);
    yield rest.subarray(0, rest.length - keep);
    rest = rest.subarray(rest.length - keep);
  }
  yield rest;
}

function endOfMarker(bytes: Buffer, markers: readonly string[]): number {
  for (const marker of markers) {
    const start = bytes.indexOf(marker);
    if (start !== -1) return start + Buffer.byteLength(marker);
  }
  return -1;
}

const ILLEGAL: Readonly<Record<'control' | 'nul' | 'invalid-utf8', Buffer>> = {
  control: Buffer.from('\u0001\u000b\ufffe'),
  nul: Buffer.from([0]),
  'invalid-utf8': Buffer.from([0xc3, 0x28, 0xff]),
};

/** Texts inside a record: a CDATA section in XML, a value in JSON. */
const TEXT_STARTS = ['<RESULTS><![CDATA[', '<![CDATA[', '"action":"', '<TEXT>'];
const RECORD_STARTS = ['<DETECTION>', '<HOST>', '<RESPONSE>', '[{', '[', '{'];

/** Each entity is made of ten of the one before: expanded, a few of them fill any memory. */
function* entityDoctype(entities: number): Generator<Buffer> {
  yield Buffer.from('<!DOCTYPE BOMB [\n<!ENTITY e0 "entity">\n');
  for (let first = 1; first < entities; first += 500) {
    let text = '';
    for (let at = first; at < Math.min(first + 500, entities); at += 1) {
      text += `<!ENTITY e${at} "${`&e${at - 1};`.repeat(10)}">\n`;
    }
    yield Buffer.from(text);
  }
  yield Buffer.from('<!ENTITY file SYSTEM "file:///etc/hostname">\n]>\n');
}

/** The body without its own DOCTYPE, and with the last entity in the text of a host. */
async function* withEntities(source: Bytes, entities: number): AsyncGenerator<Buffer> {
  const used = splice(source, {
    after: ['<TRACKING_METHOD>', '<DATETIME>'],
    insert: () => [Buffer.from(`&e${entities - 1};&file;`)],
  });
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of used) {
    if (head === undefined) {
      yield piece;
      continue;
    }
    head = Buffer.concat([head, piece]);
    const start = head.indexOf('<!DOCTYPE');
    const end = head.indexOf('>', start);
    if (start === -1 || end === -1) continue;
    yield head.subarray(0, start);
    yield* entityDoctype(entities);
    yield head.subarray(end + 1);
    head = undefined;
  }
  if (head !== undefined) yield head;
}

function* nest(depth: number): Generator<Buffer> {
  yield Buffer.from('<A>'.repeat(depth));
  yield Buffer.from('</A>'.repeat(depth));
}

/** In JSON the nesting stands before the first record, in XML inside it; the first piece holds the place. */
async function* nestDeeply(source: Bytes, depth: number): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const piece of source) {
    if (!isFirst) {
      yield piece;
    } else if (piece.toString('latin1', 0, 1) === '[') {
      yield Buffer.from(
        `[${'['.repeat(depth)}${']'.repeat(depth)}${piece.toString('latin1', 1, 2) === ']' ? '' : ','}`,
      );
      yield piece.subarray(1);
    } else {
      yield* splice([piece], { after: RECORD_STARTS, insert: () => nest(depth) });
    }
    isFirst = false;
  }
}

/** Sends `afterBytes` bytes, or half of a shorter body; then `atCut` decides whether the rest follows. */
async function* cut(
  source: Bytes,
  afterBytes: number,
  atCut: () => Promise<'go on' | 'end'> | 'end',
): AsyncGenerator<Buffer> {
  let held: Buffer | undefined = Buffer.alloc(0);
  for await (const piece of source) {
    if (held === undefined) {
      yield piece;
      continue;
    }
    held = Buffer.concat([held, piece]);
    if (held.length <= afterBytes) continue;
    yield held.subarray(0, afterBytes);
    if ((await atCut()) === 'end') return;
    yield held.subarray(afterBytes);
    held = undefined;
  }
  if (held === undefined) return;
  yield held.subarray(0, held.length >> 1);
  if ((await atCut()) === 'go on') yield held.subarray(held.length >> 1);
}

function resetConnection(): never {
  throw new ConnectionReset();
}

async function* gzip(source: Bytes): AsyncGenerator<Buffer> {
  // A failing body ends the zip with its error, which the reader of the zip then gets.
  const zip = pipeline(Readable.from(source, { objectMode: false }), createGzip({ level: 1 }), () => undefined);
  yield* zip as AsyncIterable<Buffer>;
}

/** A gzip file may have many members: one megabyte of spaces, again and again. */
function* bomb(bytes: number): Generator<Buffer> {
  const member = gzipSync(Buffer.alloc(MEGABYTE, ' '));
  for (let left = bytes; left > 0; left -= MEGABYTE) yield member;
}

/** Applies what is wrong inside a body. */
function spoil(source: Bytes, faults: readonly FaultAction[]): Bytes {
  let body = source;
  for (const fault of faults) {
    if (fault.kind === 'malformed') {
      body = splice(body, { after: RECORD_STARTS, insert: () => [Buffer.from('<BROKEN <,,&')] });
    } else if (fault.kind === 'illegal-characters') {
      const bytes = ILLEGAL[fault.characters ?? 'control'];
      body = splice(body, { after: TEXT_STARTS, insert: () => [bytes] });
    } else if (fault.kind === 'huge-element') {
      const size = fault.bytes ?? 100 * MEGABYTE;
      body = splice(body, { after: TEXT_STARTS, insert: () => repeatByte('x', size) });
    } else if (fault.kind === 'deep-nesting') {
      body = nestDeeply(body, fault.depth ?? 100_000);
    } else if (fault.kind === 'doctype-entities') {
      body = withEntities(body, fault.entities ?? 1_000_000);
    } else if (fault.kind === 'big-ids') {
      const digits = Buffer.from('90071992547');
      body = splice(body, { after: ['<HOST>\n        <ID>'], insert: () => [digits], isRepeated: true });
    }
  }
  return body;
}

/**
 * The body as the faults leave it. It may throw ConnectionReset where the connection must be reset.
 * @param signal aborted when the client has gone.
 */
export function applyWireFaults(source: Bytes, faults: readonly FaultAction[], signal: AbortSignal): Bytes {
  let body = spoil(source, faults);
  const bombed = findFault(faults, 'gzip-bomb');
  if (bombed !== undefined) body = bomb(bombed.bytes ?? 1_024 * MEGABYTE);
  else if (findFault(faults, 'gzip') !== undefined) body = gzip(body);
  const ended = findFault(faults, 'truncate');
  if (ended !== undefined) body = cut(body, ended.afterBytes ?? DEFAULT_CUT, () => 'end');
  const reset = findFault(faults, 'reset-body');
  if (reset !== undefined) body = cut(body, reset.afterBytes ?? DEFAULT_CUT, resetConnection);
  const stalled = findFault(faults, 'stall-body');
  if (stalled === undefined) return body;
  const { afterBytes = DEFAULT_CUT, ms = LONGEST_WAIT } = stalled;
  return cut(body, afterBytes, async () => delay(ms, 'go on' as const, { signal }));
}
