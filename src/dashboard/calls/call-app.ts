/** Longer than the slowest route, ping, which may take 20 s. */
const TIMEOUT_MS = 30_000;

/** A call that brought no answer, or a refusal. */
export class CallError extends Error {
  override name = 'CallError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** One entry for each parameter at fault, as the app names them. */
  readonly errors: readonly string[];
  /** Whether a sign-in with Entra ID is asked for; no key helps then. */
  readonly asksForSignIn: boolean;
  constructor(status: number, message: string, errors: readonly string[] = [], asksForSignIn = false) {
    super(message);
    this.status = status;
    this.errors = errors;
    this.asksForSignIn = asksForSignIn;
  }
}

/** One call of a JSON route. */
export interface AppCall {
  /** Below `/api/`, e.g. `status`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** Statuses that carry an answer although they are no success (ping: 503). */
  readonly alsoAnswers?: readonly number[];
}

/** Calls a JSON route of the app that served this page. @throws CallError. */
export async function callApp<T>(call: AppCall, key: string | undefined): Promise<T> {
  const response = await send(call, key);
  const body = await readBody(response);
  const isProblem = !isOfType(response, 'application/json');
  if (response.ok || (!isProblem && call.alsoAnswers?.includes(response.status) === true)) return body as T;
  throw toCallError(response, body);
}

async function send({ path, query = {}, method = 'GET', body }: AppCall, key: string | undefined): Promise<Response> {
  // Relative to the page at …/api/dashboard, so that a proxy's prefix stays.
  const url = new URL(path, document.baseURI);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, String(value));
  try {
    return await fetch(url, {
      method,
      headers: {
        ...(key === undefined ? {} : { 'x-functions-key': key }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (thrown) {
    throw new CallError(0, whyUnreachable(thrown));
  }
}

function whyUnreachable(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'TimeoutError') return `the app did not answer within ${TIMEOUT_MS / 1000} s`;
  return 'the app cannot be reached, or a login page stands before it';
}

async function readBody(response: Response): Promise<unknown> {
  let text: string;
  try {
    text = await response.text();
  } catch {
    throw new CallError(0, 'the answer of the app broke off');
  }
  const isJson = isOfType(response, 'application/json') || isOfType(response, 'application/problem+json');
  if (!isJson && response.ok) {
    throw new CallError(response.status, 'the answer is not JSON: does a login page stand before the app?');
  }
  try {
    return isJson ? (JSON.parse(text) as unknown) : undefined;
  } catch {
    throw new CallError(response.status, 'the answer of the app is not JSON');
  }
}

function isOfType(response: Response, type: string): boolean {
  return response.headers.get('content-type')?.startsWith(type) === true;
}

function toCallError({ status, headers }: Response, body: unknown): CallError {
  // A challenge comes from the platform's sign-in or the app's own; the host sends none when a key is wrong.
  if (status === 401 && /^Bearer\b/i.test(headers.get('www-authenticate') ?? ''))
    return new CallError(status, 'the app asks for a sign-in (HTTP 401)', [], true);
  if (status === 401) return new CallError(status, 'the app refuses the function key (HTTP 401)');
  if (status === 403 && body === undefined)
    return new CallError(status, 'Azure refuses access (HTTP 403): is the app stopped, or closed to this network?');
  const problem = (body ?? {}) as { readonly detail?: unknown; readonly errors?: unknown };
  const detail = typeof problem.detail === 'string' ? problem.detail : `the app answered HTTP ${status}`;
  const errors = Array.isArray(problem.errors) ? problem.errors.map(String) : [];
  return new CallError(status, detail, errors);
}
