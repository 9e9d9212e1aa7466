import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { SimulatorClock } from './clock.ts';
import { COMMON_ROUTES } from './common-routes.ts';
import { answerControl, changeData, idsOf, readStats, type DataChange, type Span } from './control-routes.ts';
import { BadCallError, htmlAnswer, jsonAnswer, readCall, type Answer, type Call } from './exchange.ts';
import { faultAnswer } from './fault-answers.ts';
import { encodeParts } from './fault-wire.ts';
import { findFault, parseFaults, type Fault } from './faults.ts';
import type { Admission } from './limits.ts';
import { PARTS } from './parts.ts';
import { QueryError } from './query.ts';
import { resetConnection, sendAnswer } from './respond.ts';
import { applyLiveSettings, parseOptions, type LiveSettings, type SimulatorOptions } from './settings.ts';
import { routeStats, type SimulatorStats } from './stats.ts';
import { parameterAnswer } from './vm-family.ts';
import { ParameterError } from './vm-parameters.ts';
import { createWorld, type Route, type Visit, type World } from './world.ts';

/** A running simulator of both Qualys APIs. */
export interface Simulator {
  /** Both `QUALYS_API_URL` and `QUALYS_GATEWAY_URL`, without a slash at its end. */
  readonly url: string;
  readonly clock: SimulatorClock;
  readonly stats: () => SimulatorStats;
  /**
   * Replaces all faults; without arguments, ends them.
   * @throws RangeError naming the fault and what is allowed.
   */
  readonly setFaults: (...faults: readonly Fault[]) => void;
  /**
   * Changes settings while running.
   * @throws RangeError naming the setting and what is allowed.
   */
  readonly configure: (changes: Partial<LiveSettings>) => void;
  /**
   * Puts records in.
   * @throws RangeError naming what is wrong.
   */
  readonly changeData: (change: DataChange) => void;
  /** Ids of the events processed in a half-open span: what must have been ingested. */
  readonly eventIds: (span?: Span) => string[];
  /** Ids of the hosts last processed in a half-open span. */
  readonly hostIds: (span?: Span) => string[];
  /** Ids of what a part holds in a half-open span (`/_sim/<name>`). */
  readonly ids: (name: string, span?: Span) => string[];
  /** QIDs last changed in a half-open span. */
  readonly qids: (span?: Span) => string[];
  /** Lets all tokens given out so far expire. */
  readonly expireTokens: () => void;
  readonly close: () => Promise<void>;
}

const ROUTES: readonly Route[] = [...COMMON_ROUTES, ...PARTS.flatMap(({ routes }) => routes)];
/** Above this length of the URL the real server answers 414. */
const LONGEST_URL = 8_190;
/** What is made of a body before its first byte is due, in bytes. */
const LONGEST_START = 8 * 1_048_576;
const NO_LIMITS: Admission & { kind: 'admitted' } = { kind: 'admitted', headers: {}, release: () => undefined };

function findRoute(call: Call): { route: Route; match: RegExpExecArray } | undefined {
  for (const route of ROUTES) {
    const match = route.pattern.exec(call.path);
    if (match !== null) return { route, match };
  }
  return undefined;
}

/** What a route makes of a request, wrong ones included. */
function answerRoute(route: Route, visit: Visit, match: RegExpExecArray): Answer {
  try {
    const answer = route.answer(visit, match);
    // A fault bound to a host is known only now.
    return faultAnswer(visit, route.family) ?? answer;
  } catch (error) {
    if (error instanceof ParameterError) return parameterAnswer(error, visit.world.clock.now());
    if (error instanceof QueryError) return route.family.fail(400, `Invalid query: ${error.message}`, visit);
    if (error instanceof BadCallError) return route.family.fail(error.status, error.message, visit);
    if (error instanceof URIError) return route.family.fail(400, 'the path is not percent-encoded', visit);
    throw error;
  }
}

async function send(response: ServerResponse, visit: Visit, answer: Answer, release: () => void): Promise<void> {
  const { stats, faults } = visit;
  stats.statuses[answer.status] = (stats.statuses[answer.status] ?? 0) + 1;
  const onBytes = (bytes: number): void => {
    stats.bytes += bytes;
  };
  await sendAnswer(response, answer, faults, { onBytes, onLast: release });
}

/** Waits as a slow server does; false when the client has gone meanwhile. */
async function waitFor(response: ServerResponse, milliseconds: number): Promise<boolean> {
  if (milliseconds <= 0) return !response.destroyed;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return delay(milliseconds, true, { signal: gone.signal }).catch(() => false);
}

/** Makes the start of a body now: all of a page of usual size. Other calls are served meanwhile, as a server of many cores does. */
async function makeStart(body: Answer['body']): Promise<Answer['body']> {
  if (typeof body === 'string') return body;
  const pieces = encodeParts(body);
  const start: Buffer[] = [];
  for (let bytes = 0; bytes < LONGEST_START;) {
    const piece = pieces.next();
    if (piece.done === true) return [Buffer.concat(start)];
    start.push(piece.value);
    bytes += piece.value.length;
    await nextTurn();
  }
  return chain([Buffer.concat(start)], pieces);
}

function* chain<T>(...sources: readonly Iterable<T>[]): Generator<T> {
  for (const source of sources) yield* source;
}

async function answerAdmitted(
  response: ServerResponse,
  visit: Visit,
  { route, match }: { route: Route; match: RegExpExecArray },
  admission: Admission & { kind: 'admitted' },
): Promise<void> {
  const { world, faults } = visit;
  const latencyMs = route.api === undefined ? 0 : world.settings.latencyMs;
  const slowMs = findFault(faults, 'slow-first-byte')?.ms ?? 0;
  // The latency is that of the call, so what the simulator itself needs for the answer is part of it.
  const arrivedAt = performance.now();
  const made = faultAnswer(visit, route.family) ?? answerRoute(route, visit, match);
  const answer = latencyMs === 0 ? made : { ...made, body: await makeStart(made.body) };
  if (!(await waitFor(response, latencyMs + slowMs - (performance.now() - arrivedAt)))) return;
  const lateMs = slowMs === 0 ? (findFault(faults, 'slow-first-byte')?.ms ?? 0) : 0;
  if (!(await waitFor(response, lateMs))) return;
  if (findFault(faults, 'reset') !== undefined) {
    visit.stats.statuses['0'] = (visit.stats.statuses['0'] ?? 0) + 1;
    resetConnection(response);
    return;
  }
  await send(response, visit, { ...answer, headers: { ...admission.headers, ...answer.headers } }, admission.release);
}

/** Credentials first, then limits, then the answer; limits are held until the last byte is sent. */
async function visitRoute(
  response: ServerResponse,
  visit: Visit,
  found: { route: Route; match: RegExpExecArray },
): Promise<void> {
  const { route } = found;
  const { world, call } = visit;
  const refusal = route.methods.includes(call.method)
    ? route.family.challenge(visit)
    : route.family.fail(405, `${call.method} is not allowed here`, visit);
  if (refusal !== undefined) return send(response, visit, refusal, NO_LIMITS.release);
  const admission = route.api === undefined ? NO_LIMITS : world.limiters[route.api].admit();
  if (admission.kind !== 'admitted') {
    return send(response, visit, route.family.refuse(admission, visit), NO_LIMITS.release);
  }
  response.once('close', admission.release);
  visit.faults.push(...world.faults.take(call.line));
  await answerAdmitted(response, visit, found, admission);
}

async function serve(world: World, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const call = await readCall(request);
  const ignore = { onBytes: () => undefined, onLast: () => undefined };
  if (call.path.startsWith('/_sim/')) return sendAnswer(response, answerControl(world, call), [], ignore);
  if ((request.url ?? '').length > LONGEST_URL)
    return sendAnswer(response, htmlAnswer(414, 'URI Too Long'), [], ignore);
  const found = findRoute(call);
  const stats = routeStats(world.counters, found?.route.name ?? 'unknown');
  stats.calls += 1;
  const visit: Visit = { call, world, faults: [], stats, origin: `http://${request.headers.host ?? '127.0.0.1'}` };
  if (found === undefined) return send(response, visit, htmlAnswer(404, 'Not Found'), NO_LIMITS.release);
  await visitRoute(response, visit, found);
}

function refuse(response: ServerResponse, error: unknown): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const status = error instanceof BadCallError ? error.status : 500;
  const answer = jsonAnswer(status, { message: error instanceof Error ? error.message : String(error) });
  response.writeHead(status, answer.headers).end(answer.body);
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

/**
 * Starts both Qualys APIs on one loopback port.
 * @throws RangeError naming an option that is out of range.
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const world = createWorld(parseOptions(options));
  const server = createServer((request, response) => {
    serve(world, request, response).catch((error: unknown) => refuse(response, error));
  });
  const port = await listen(server, world.settings.port);
  return {
    url: `http://127.0.0.1:${port}`,
    clock: world.clock,
    stats: () => readStats(world),
    setFaults: (...faults) => world.faults.set(parseFaults(faults)),
    configure: (changes) => applyLiveSettings(world.settings, changes),
    changeData: (change) => changeData(world, change),
    ids: (name, span) => [...idsOf(world, name, span)],
    eventIds: (span) => [...idsOf(world, 'events', span)],
    hostIds: (span) => [...idsOf(world, 'hosts', span)],
    qids: (span) => [...idsOf(world, 'qids', span)],
    expireTokens: () => world.tokens.expireAll(),
    close: () => close(server),
  };
}
