import type { CallTraces } from '../../pipeline/call-trace.ts';
import type { CallTrace } from '../../pipeline/trace-answers.ts';
import type { RouteName } from '../../pipeline/routes.ts';
import type { ApiName } from '../../pipeline/stream.ts';
import { redactTrace } from './redact-trace.ts';

/** What is asked of the vendor: what a trace tells of a call. */
export interface TracedRequest {
  readonly api: ApiName;
  readonly route: RouteName;
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: URLSearchParams | undefined;
  /** Texts that must not appear in an error. */
  readonly secrets?: readonly string[];
}

/** Of each body, in bytes. */
const MOST_BODY_BYTES = 2048;
/** Kept of an answer beyond that, so that a secret which begins before the cut is seen whole. */
const BEYOND_BYTES = 16_384;
/** The other headers may hold a session or a token. */
const SHOWN_HEADERS =
  /^(accept|accept-encoding|cache-control|content-(encoding|length|type)|date|retry-after|server|transfer-encoding|via|x-(concurrency|ratelimit)-.*|x-requested-with)$/;

/** The trace of one call, while it is made. */
export interface OpenTrace {
  /** Looks on while the answer is read. */
  readonly watch: (response: Response) => Response;
  /** The call failed before an answer came. */
  readonly fail: (error: unknown) => void;
  /** The answer is read, failed or given up; only the first end counts. */
  readonly end: () => void;
}

/** Begins a trace; undefined where enough calls are traced. */
export async function openTrace(traces: CallTraces, request: TracedRequest): Promise<OpenTrace | undefined> {
  const begun = performance.now();
  const secrets = new Set([...(request.secrets ?? []), ...traces.secrets(), ...secretsIn(request.headers)]);
  const redact = (text: string, most?: number): string => redactTrace(text, secrets, most);
  const trace: CallTrace = {
    version: 1,
    at: new Date().toISOString(),
    api: request.api,
    route: request.route,
    request: {
      method: request.method,
      url: redact(request.url),
      headers: shown(request.headers),
      body: redact(request.body?.toString() ?? '', MOST_BODY_BYTES),
    },
    answer: null,
    error: null,
    firstByteMs: null,
    durationMs: null,
  };
  const store = await traces.open(trace);
  if (store === undefined) return undefined;
  let [told, error, isEnded] = [undefined as Told | undefined, null as string | null, false];
  const since = (): number => Math.round(performance.now() - begun);
  const end = (): void => {
    if (isEnded) return;
    isEnded = true;
    const answer = told === undefined ? null : describe(told, request, redact);
    store({ ...trace, answer, error, firstByteMs: told?.headersMs ?? null, durationMs: since() });
  };
  return {
    watch: (response) => {
      for (const cookie of response.headers.getSetCookie()) secrets.add(valueOf(cookie));
      const started: Told = { response, parts: [], bytes: 0, isWhole: response.body === null, headersMs: since() };
      told = started;
      return lookOn(response, started);
    },
    fail: (thrown) => {
      error = redact(thrown instanceof Error ? thrown.message : String(thrown));
      end();
    },
    end,
  };
}

interface Told {
  readonly response: Response;
  readonly parts: Uint8Array[];
  bytes: number;
  isWhole: boolean;
  readonly headersMs: number;
}

function lookOn(response: Response, told: Told): Response {
  if (response.body === null) return response;
  const { status, statusText, headers } = response;
  const look = new TransformStream<Uint8Array, Uint8Array>({
    transform: (part, out) => {
      if (told.bytes < MOST_BODY_BYTES + BEYOND_BYTES) told.parts.push(part.slice(0, MOST_BODY_BYTES + BEYOND_BYTES));
      told.bytes += part.byteLength;
      out.enqueue(part);
    },
    flush: () => void (told.isWhole = true),
  });
  return new Response(response.body.pipeThrough(look), { status, statusText, headers });
}

function describe(told: Told, { route }: TracedRequest, redact: (text: string, most: number) => string) {
  const { response, bytes, isWhole } = told;
  const seen = Buffer.concat(told.parts);
  const most = new TextDecoder().decode(seen.subarray(0, MOST_BODY_BYTES)).length;
  // All that a login answers may be the token.
  const isToken = route.endsWith('/auth') && response.ok;
  return {
    status: response.status,
    headers: shown(Object.fromEntries(response.headers)),
    body: isToken ? '(redacted)' : redact(new TextDecoder().decode(seen), most),
    bytes,
    isWhole,
  };
}

function shown(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      const lower = name.toLowerCase();
      return [lower, SHOWN_HEADERS.test(lower) ? value.slice(0, 200) : '(redacted)'];
    }),
  );
}

/** What proves who calls: a token, or name and password in base64 and each for itself. */
function secretsIn({ authorization = '' }: Readonly<Record<string, string>>): string[] {
  const [scheme = '', proof = ''] = authorization.split(' ');
  if (!/^basic$/i.test(scheme)) return [proof];
  const pair = Buffer.from(proof, 'base64').toString('utf8');
  return [proof, pair, pair.slice(pair.indexOf(':') + 1)];
}

/** The value of a cookie, without its name and attributes. */
function valueOf(cookie: string): string {
  const [pair = ''] = cookie.split(';');
  return pair.slice(pair.indexOf('=') + 1).trim();
}
