import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** One request, read whole. */
export interface Call {
  readonly method: string;
  /** Path as sent, still percent-encoded. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Parameters of the query and of a form body; of a repeated one the last value, as the vendor keeps it. */
  readonly parameters: ReadonlyMap<string, string>;
  /** Method, path and all parameters in one text: what the `route` of a fault is matched with. */
  readonly line: string;
}

/** A piece of a body: text, or bytes ready to send. */
export type Piece = string | Buffer;

/** What goes back. A body in pieces is made while it is sent. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Iterable<Piece>;
}

/** A request body larger than this is refused. */
const LARGEST_BODY = 4 * 1_048_576;

/** A request that cannot be read at all; the message is for the client. */
export class BadCallError extends Error {
  override name = 'BadCallError';
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > LARGEST_BODY) throw new BadCallError(413, `a body may have ${LARGEST_BODY} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** Reads a request to its end. */
export async function readCall(request: IncomingMessage): Promise<Call> {
  const [path = '/', query = ''] = (request.url ?? '/').split(/\?(.*)/su);
  const body = await readBody(request);
  const isForm = (request.headers['content-type'] ?? '').includes('application/x-www-form-urlencoded');
  const parameters = new Map([...new URLSearchParams(query), ...(isForm ? new URLSearchParams(body) : [])]);
  const method = request.method ?? 'GET';
  const line = `${method} ${path}?${[...parameters].map(([name, value]) => `${name}=${value}`).join('&')}`;
  return { method, path, headers: request.headers, body, parameters, line };
}

/** A JSON answer. */
export function jsonAnswer(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(value),
  };
}

/** The kind of page that a proxy or a wrong host answers with. */
export function htmlAnswer(status: number, title: string): Answer {
  const body = `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>\n`;
  return { status, headers: { 'content-type': 'text/html;charset=UTF-8' }, body };
}
