import ky from 'ky';
import { ConnectorError, messageOf, RetryableError, WaitError } from '../../errors.ts';
import type { Log } from '../../log.ts';
import type { Login, LoginTurn } from '../../pipeline/account.ts';
import type { CallTraces } from '../../pipeline/call-trace.ts';
import type { Clock, Limiter, Permit, Priority } from '../../pipeline/ports.ts';
import type { ApiName } from '../../pipeline/stream.ts';
import { boundedWait } from '../../read-wait.ts';
import type { LoginKind } from '../../setting-kinds.ts';
import { type QualysAnswer, readAnswer } from './qualys-answer.ts';
import { classifyDocument } from '../refusals/classify-answer.ts';
import { concludeLogin } from '../login/conclude-login.ts';
import { type DocumentStart, MOST_START_BYTES } from './document-start.ts';
import { isOfRoute, noteAnswer, noteOutage } from './note-route.ts';
import { describeNetworkFault } from './network-fault.ts';
import { readLimitHeaders } from './read-limit-headers.ts';
import type { Proxy } from './open-proxy.ts';
import { isPageRoot } from '../refusals/read-vendor-message.ts';
import { openTrace, type OpenTrace, type TracedRequest } from './trace-call.ts';
import { untilAborted } from '../../until-aborted.ts';
import { vendorText } from '../refusals/vendor-text.ts';

/** What every call to the vendor needs. */
export interface CallDeps {
  readonly limiter: Limiter;
  readonly clock: Clock;
  readonly log: Log;
  /** Runs each call, to measure it. */
  readonly observe?: (<T>(api: ApiName, call: () => Promise<T>) => Promise<T>) | undefined;
  /** The proxy that calls go through. */
  readonly proxy?: Proxy | undefined;
  /** Keeps a trace of each call, as long as some are wanted. */
  readonly traces?: CallTraces | undefined;
}

/** What the caller of an API decides about one call. */
export interface CallOptions {
  /** `interactive` waits for neither permits nor pauses. */
  readonly priority: Priority;
  /** Ends the call; its reason is what is thrown. */
  readonly signal?: AbortSignal;
  /** Told before each call that goes out, for the count of calls. */
  readonly onCall?: () => void;
  /** How often in a row the caller was told to wait before; doubles a wait without a figure. */
  readonly waits?: number;
  /** Set by who reads the answer to its end and tells the limiter himself whether the route has answered: pages, and what probes their route. */
  readonly isJudged?: boolean;
  /** Instead of the API's usual limit for the first byte, in milliseconds. */
  readonly firstByteTimeoutMs?: number;
  /** Instead of the API's usual limit between two parts of the body, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** Instead of the usual limit for the whole body, in milliseconds. */
  readonly bodyTimeoutMs?: number;
}

/** One call to the vendor. */
export interface QualysRequest extends CallOptions, TracedRequest {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Set where the call is a login, too. */
  readonly login?: Login | undefined;
  /** Whose settings an error of the account names; user and password by itself. */
  readonly loginKind?: LoginKind;
}

const MOST_ERROR_BYTES = 65_536;

/**
 * Makes one call and returns its answer once it is good: a 2xx whose body does not start as a document of refusal or a web page.
 * Redirects are never followed, so credentials stay with their host.
 * A permit is held from before the call until the body is read, fails or is given up (`cancel`).
 *
 * What becomes of it tells whether its route answers: other callers stay away from one that does not. A call that is a login asks first
 * whether one may go out.
 *
 * Our own time limits speak before those of Node's fetch (300 s for headers and between body parts) as long as they are not longer;
 * where fetch speaks first, the error is the same.
 * @throws AccountError where no login may go out; WaitError (after the pause is shared; an OutageError for a route that is out), ConfigError, FatalError or RetryableError; the
 * signal's reason when aborted.
 */
export async function callQualys(deps: CallDeps, request: QualysRequest): Promise<QualysAnswer> {
  request.signal?.throwIfAborted();
  const permit = await acquire(deps, request);
  const turn = await enterLogin(deps, request, permit);
  const call = (): Promise<QualysAnswer> => callOnce(deps, request, permit);
  const startedAt = Date.now();
  try {
    const answer = await (deps.observe === undefined ? call() : deps.observe(request.api, call));
    await turn?.accepted();
    if (request.isJudged !== true) await noteAnswer(deps, request.route, startedAt);
    return answer;
  } catch (thrown) {
    const error = await concludeLogin(turn, request.login, request.url, thrown);
    if (request.isJudged === true || request.signal?.aborted === true) throw error;
    throw await noteFault(deps, request, startedAt, error);
  }
}

async function enterLogin(
  { limiter }: CallDeps,
  { api, login, priority, signal }: QualysRequest,
  permit: Permit | undefined,
): Promise<LoginTurn | undefined> {
  if (login === undefined) return undefined;
  try {
    return await limiter.account.enter(api, login, { priority, signal });
  } catch (error) {
    permit?.release();
    throw error;
  }
}

/** An error that the vendor's route gave is one of its answers too, but for those that say that it is out. */
async function noteFault(
  deps: CallDeps,
  { priority, route }: QualysRequest,
  startedAt: number,
  error: unknown,
): Promise<unknown> {
  if (!(error instanceof ConnectorError)) return error;
  if (!isOfRoute(error)) await noteAnswer(deps, route, startedAt);
  // What people and playbooks ask for may be more than the vendor can bear: that says little about the windows.
  else if (priority === 'live' || priority === 'backfill') return noteOutage(deps, route, error);
  return error;
}

async function callOnce(deps: CallDeps, request: QualysRequest, permit: Permit | undefined): Promise<QualysAnswer> {
  const answer = await send(deps, request, permit);
  if (isSuccess(answer)) await shareTold(deps, request.api, answer);
  const start = isSuccess(answer) ? await answer.begin() : undefined;
  if (start === undefined || tellsError(start)) throw await rejected(deps, request, answer);
  if (!isReadable(start)) throw unreadable(answer, start);
  return answer;
}

/**
 * Shares the pause that an error asks for with all instances, then returns the error to be thrown.
 * For errors that the reader of a body finds.
 */
export async function sharePause(deps: CallDeps, api: ApiName, error: ConnectorError): Promise<ConnectorError> {
  if (error instanceof WaitError) await share(deps, api, error.retryAfterMs, error.message);
  return error;
}

/** Shares a wait that the headers of an answer of any kind ask for: whoever calls next would be refused. */
async function shareTold(deps: CallDeps, api: ApiName, { status, headers }: QualysAnswer): Promise<void> {
  const { toWaitSeconds } = readLimitHeaders(headers);
  if (toWaitSeconds === undefined) return;
  const waitMs = boundedWait(toWaitSeconds);
  await share(deps, api, waitMs, `Qualys asks to wait ${waitMs / 1000} s before the next call (HTTP ${status})`);
}

/** A wait that cannot be stored is told by the vendor again; the answer in hand is not lost for it. */
async function share({ limiter, log }: CallDeps, api: ApiName, waitMs: number, reason: string): Promise<void> {
  log.warn('VendorWaitAsked', { api, retryAfterMs: waitMs, reason });
  try {
    await limiter.pause(api, waitMs, reason);
  } catch (error) {
    log.warn('PauseLost', { api, retryAfterMs: waitMs, error: messageOf(error) });
  }
}

async function acquire(deps: CallDeps, request: QualysRequest): Promise<Permit | undefined> {
  if (request.priority === 'interactive') return undefined;
  return deps.limiter.acquire(request.api, request.priority, request.signal, request.route);
}

async function send(deps: CallDeps, request: QualysRequest, permit: Permit | undefined): Promise<QualysAnswer> {
  const stop = new AbortController();
  let trace: OpenTrace | undefined;
  const settle = (): void => {
    trace?.end();
    request.signal?.removeEventListener('abort', followSignal);
    permit?.release();
  };
  const followSignal = (): void => {
    stop.abort(request.signal?.reason);
    settle();
  };
  request.signal?.addEventListener('abort', followSignal, { once: true });
  const startedAt = performance.now();
  try {
    if (deps.traces !== undefined) trace = await openTrace(deps.traces, request);
    request.signal?.throwIfAborted();
    const response = await fetchHeaders(request, stop, deps.proxy);
    deps.limiter.observe(request.api, readLimitHeaders(response.headers));
    const firstPartMs = request.firstByteTimeoutMs - (performance.now() - startedAt);
    return readAnswer(trace?.watch(response) ?? response, { ...request, firstPartMs, stop, settle });
  } catch (error) {
    trace?.fail(error);
    settle();
    throw error;
  }
}

async function fetchHeaders(
  request: QualysRequest,
  stop: AbortController,
  proxy: Proxy | undefined,
): Promise<Response> {
  const { method, headers, body, firstByteTimeoutMs } = request;
  const host = new URL(request.url).host;
  const timer = setTimeout(() => {
    const message = `Qualys (${host}) did not answer within ${firstByteTimeoutMs / 1000} s`;
    stop.abort(new RetryableError(message, { scope: 'timeout' }));
  }, firstByteTimeoutMs);
  request.onCall?.();
  try {
    const response = ky(request.url, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      retry: 0,
      throwHttpErrors: false,
      timeout: false,
      redirect: 'manual',
      signal: stop.signal,
    });
    return await untilAborted(response, stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : describeNetworkFault(host, error, 'before-headers', proxy?.host);
  } finally {
    clearTimeout(timer);
  }
}

function isSuccess({ status }: QualysAnswer): boolean {
  return status >= 200 && status < 300;
}

/** Only markup is looked at: JSON that the caller asked for is data, whatever its fields are called. */
function tellsError({ root }: DocumentStart): boolean {
  return root !== undefined && (/^(SIMPLE|GENERIC)_RETURN$/.test(root) || isPageRoot(root));
}

function isReadable({ encoding, isMarkup, root }: DocumentStart): boolean {
  return encoding === undefined && (!isMarkup || root !== undefined);
}

function unreadable(answer: QualysAnswer, { encoding }: DocumentStart): RetryableError {
  const { status } = answer;
  answer.cancel();
  const what = encoding === undefined ? 'markup without a root element' : `the encoding ${vendorText(encoding)}`;
  const rule = encoding === undefined ? `none within its first ${MOST_START_BYTES} bytes` : 'only UTF-8 is read';
  return new RetryableError(`Qualys answered in ${what}: ${rule} (HTTP ${status})`, {
    fault: { status },
    scope: 'answer',
  });
}

async function rejected(deps: CallDeps, request: QualysRequest, answer: QualysAnswer): Promise<unknown> {
  const body = new TextDecoder().decode(await answer.start(MOST_ERROR_BYTES));
  if (request.signal?.aborted === true) return request.signal.reason;
  const { status, headers } = answer;
  const error = classifyDocument(body, status, headers, {
    now: deps.clock.now(),
    waits: request.waits ?? 0,
    secrets: request.secrets ?? [],
    loginKind: request.loginKind ?? 'password',
  });
  if (error instanceof WaitError) return sharePause(deps, request.api, error);
  if (!isSuccess(answer)) await shareTold(deps, request.api, answer);
  const isRedirect = status >= 300 && status < 400 && error instanceof RetryableError;
  return isRedirect ? redirected(request, answer) : error;
}

/** A maintenance page or a wrong host; only the host is named, because the rest of the address may hold anything. */
function redirected(request: QualysRequest, { status, headers }: QualysAnswer): RetryableError {
  const location = headers.get('location') ?? '';
  const target = URL.parse(location, request.url)?.host ?? 'nowhere';
  const host = new URL(request.url).host;
  const message = `Qualys (${host}) redirects to ${target.slice(0, 255)} (HTTP ${status}), which is not followed: check the API and gateway URLs`;
  return new RetryableError(message, { fault: { status }, scope: 'route' });
}
