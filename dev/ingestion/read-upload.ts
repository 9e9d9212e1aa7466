import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import type { Row } from './convert-row.ts';

/** Most bytes of a call, compressed and uncompressed. */
export const LARGEST_CALL = 1_048_576;

/** A call that Azure would refuse, with its status and code. */
export class UploadError extends Error {
  override name = 'UploadError';
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** A call as it came. */
export interface Call {
  readonly type: string;
  readonly encoding: string;
  readonly body: Buffer;
}

/** What a call brought. */
export interface Upload {
  readonly rows: readonly Row[];
  /** Length of the JSON text in bytes. */
  readonly bytes: number;
  /** Length on the wire in bytes. */
  readonly wireBytes: number;
}

function tooLong(given: string): UploadError {
  const message = `Maximum allowed content length: ${LARGEST_CALL} bytes. Provided content length: ${given}.`;
  return new UploadError(413, 'ContentLengthLimitExceeded', message);
}

/** Reads a body to its end, however long, so that the sender gets its answer; keeps no more than is allowed. */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size <= LARGEST_CALL) pieces.push(piece);
  }
  if (size > LARGEST_CALL) throw tooLong(`${size} bytes`);
  return Buffer.concat(pieces);
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
}

function inflate(body: Buffer, encoding: string): Buffer {
  if (encoding === '' || encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new UploadError(400, 'InvalidContentEncoding', `unknown Content-Encoding ${encoding}`);
  try {
    return gunzipSync(body, { maxOutputLength: LARGEST_CALL });
  } catch (error) {
    if (isTooLarge(error)) throw tooLong(`more than ${LARGEST_CALL} bytes uncompressed`);
    throw new UploadError(400, 'InvalidPayload', 'the body is not gzip');
  }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseRows(body: Buffer): Row[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new UploadError(400, 'InvalidPayload', 'the body is not JSON in UTF-8');
  }
  if (!Array.isArray(value)) throw new UploadError(400, 'InvalidPayload', 'the body must be a JSON array');
  if (!value.every(isRow)) throw new UploadError(400, 'InvalidPayload', 'each item of the array must be an object');
  return value;
}

/** Reads a call to its end. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const { 'content-type': type = '', 'content-encoding': encoding = '' } = request.headers;
  return { type: type.toLowerCase(), encoding: encoding.toLowerCase(), body: await readBody(request) };
}

/**
 * Reads what a call brings.
 * @throws UploadError with the status that Azure answers: 413 for a body that is too long, 400 for one that is no
 * array of objects, 415 for another content type.
 */
export function readUpload({ type, encoding, body }: Call): Upload {
  if (!type.startsWith('application/json')) {
    throw new UploadError(415, 'UnsupportedMediaType', `Content-Type must be application/json, not ${type}`);
  }
  const json = inflate(body, encoding);
  return { rows: parseRows(json), bytes: json.length, wireBytes: body.length };
}
