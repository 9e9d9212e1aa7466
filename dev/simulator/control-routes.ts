import { BadCallError, jsonAnswer, type Answer, type Call } from './exchange.ts';
import { parseFaults } from './faults.ts';
import { instantOf, type PartData } from './part.ts';
import { applyLiveSettings } from './settings.ts';
import { createCounters, snapshotStats, type SimulatorStats } from './stats.ts';
import { API_NAMES, type World } from './world.ts';

/** Data put in while the simulator runs, by the names that its parts give it. Times are ISO 8601 texts. */
export type DataChange = Readonly<Record<string, readonly unknown[]>>;

/** A change of the clock; what is given happens in this order. */
export interface ClockChange {
  /** ISO 8601 text: the time that it is from now on. */
  readonly now?: string;
  readonly advanceSeconds?: number;
  readonly isStopped?: boolean;
}

/** Half-open span of processed time, ISO 8601 texts; without one, everything that can be seen. */
export interface Span {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** @throws RangeError naming what is wrong: a name, with nothing changed, or a record, with none of its kind changed. */
export function changeData(world: World, change: DataChange): void {
  const known = Object.assign({}, ...Object.values(world.parts).map(({ changes }) => changes)) as PartData['changes'];
  const unknown = Object.keys(change).filter((name) => !Object.hasOwn(known, name));
  if (unknown.length > 0) {
    throw new RangeError(`unknown data ${unknown.join(', ')}; known are ${Object.keys(known).join(', ')}`);
  }
  for (const [name, records] of Object.entries(change)) known[name]?.(records as readonly never[]);
}

/** @throws RangeError for a time that is none. */
export function changeClock({ clock }: World, { now, advanceSeconds, isStopped }: ClockChange): void {
  if (now !== undefined) clock.set(instantOf('now', now));
  if (advanceSeconds !== undefined) clock.advance(advanceSeconds * 1_000);
  if (isStopped === true) clock.stop();
  if (isStopped === false) clock.resume();
}

/** Statistics as they stand now. */
export function readStats({ counters, limiters, faults }: World): SimulatorStats {
  const apis = Object.fromEntries(API_NAMES.map((name) => [name, limiters[name].stats]));
  return snapshotStats(counters, apis, faults.report());
}

function boundsOf(world: World, { from, to }: Span): { first: number; end: number } {
  return {
    first: from === undefined ? Number.NEGATIVE_INFINITY : instantOf('from', from),
    end: Math.min(to === undefined ? Number.POSITIVE_INFINITY : instantOf('to', to), world.clock.now() + 1),
  };
}

/** Ids of what a part holds in the span: what a complete ingestion must hold. Throws a RangeError for a part that is none. */
export function idsOf(world: World, name: string, span: Span = {}): Iterable<string> {
  const part = world.parts[name];
  if (part === undefined) throw new RangeError(`${name} is no part of the simulator`);
  return part.ids(boundsOf(world, span), world.clock.now());
}

function* jsonList(texts: Iterable<string>): Generator<string> {
  let separator = '[';
  for (const text of texts) {
    yield separator + JSON.stringify(text);
    separator = ',';
  }
  yield separator === '[' ? '[]' : ']';
}

function bodyOf(call: Call): object {
  let body: unknown;
  try {
    body = JSON.parse(call.body);
  } catch {
    throw new BadCallError(400, 'the body must be JSON');
  }
  if (typeof body !== 'object' || body === null) throw new BadCallError(400, 'the body must be a JSON object');
  return body;
}

function listAnswer(texts: Iterable<string>): Answer {
  return { status: 200, headers: { 'content-type': 'application/json' }, body: jsonList(texts) };
}

type Control = (world: World, call: Call) => unknown;

/** What can be asked and changed from another process. */
const CONTROLS: Readonly<Record<string, Control>> = {
  'GET /_sim/stats': readStats,
  'POST /_sim/reset': (world) => {
    world.counters = createCounters();
  },
  'POST /_sim/faults': (world, call) => {
    const body = bodyOf(call);
    world.faults.set(parseFaults(Array.isArray(body) ? body : 'faults' in body ? body.faults : undefined));
  },
  'GET /_sim/clock': () => undefined,
  'POST /_sim/clock': (world, call) => changeClock(world, bodyOf(call)),
  'POST /_sim/data': (world, call) => changeData(world, bodyOf(call) as DataChange),
  'POST /_sim/options': (world, call) => applyLiveSettings(world.settings, bodyOf(call)),
  'POST /_sim/expire-tokens': ({ tokens }) => tokens.expireAll(),
};

function spanOf({ parameters }: Call): Span {
  return { from: parameters.get('from'), to: parameters.get('to') };
}

function control(world: World, call: Call): Answer {
  const list = call.path.replace('/_sim/', '');
  if (Object.hasOwn(world.parts, list)) return listAnswer(idsOf(world, list, spanOf(call)));
  const name = `${call.method} ${call.path}`;
  if (!Object.hasOwn(CONTROLS, name)) {
    const lists = Object.keys(world.parts).map((each) => `GET /_sim/${each}`);
    const known = [...Object.keys(CONTROLS), ...lists].join(', ');
    throw new BadCallError(404, `unknown control route ${name}; known are ${known}`);
  }
  const result = CONTROLS[name]?.(world, call);
  return jsonAnswer(200, result ?? { now: new Date(world.clock.now()).toISOString() });
}

/** Answers a control call; what is wrong with it comes back as 400 or 404 with a message. */
export function answerControl(world: World, call: Call): Answer {
  try {
    return control(world, call);
  } catch (error) {
    if (error instanceof BadCallError) return jsonAnswer(error.status, { message: error.message });
    if (error instanceof RangeError || error instanceof TypeError) return jsonAnswer(400, { message: error.message });
    throw error;
  }
}
