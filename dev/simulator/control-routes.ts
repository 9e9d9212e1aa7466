import type { Burst, RawEvent } from './events.ts';
import { BadCallError, jsonAnswer, type Answer, type Call } from './exchange.ts';
import { parseFaults } from './faults.ts';
import { ALL_IDS, type HostChange } from './hosts.ts';
import { instantOf } from './part.ts';
import { PARTS, type PartChanges } from './parts.ts';
import { applyLiveSettings } from './settings.ts';
import { createCounters, snapshotStats, type SimulatorStats } from './stats.ts';
import type { KnowledgeBaseChange } from './vulnerabilities.ts';
import { API_NAMES, type World } from './world.ts';

/** Data put in while the simulator runs. Times are ISO 8601 texts. */
export interface DataChange extends PartChanges {
  /** Records sent as they are; the time comes from `eventProcessedTime` where it is not given. */
  readonly events?: readonly { readonly record: unknown; readonly processedTime?: string }[];
  /** Generated events, `count` of them from `processedTime` on; `spreadMs` 0 puts all into one instant. Default 1,000. */
  readonly bursts?: readonly { readonly processedTime: string; readonly count: number; readonly spreadMs?: number }[];
  /** Hosts processed anew, or put in as HOST elements. */
  readonly hosts?: readonly { readonly id: string; readonly processedTime: string; readonly xml?: string }[];
  /** Ids of hosts to take out. */
  readonly removedHosts?: readonly string[];
  /** Entries of the KnowledgeBase changed, or put in as VULN elements. */
  readonly vulnerabilities?: readonly { readonly qid: number; readonly modifiedTime: string; readonly xml?: string }[];
  /** QIDs to take out. */
  readonly removedVulnerabilities?: readonly number[];
}

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

const DEFAULT_SPREAD_MS = 1_000;

function rawEvent({ record, processedTime }: NonNullable<DataChange['events']>[number]): RawEvent {
  const own: unknown =
    typeof record === 'object' && record !== null && 'eventProcessedTime' in record
      ? record.eventProcessedTime
      : undefined;
  return { record, processedTime: instantOf('processedTime', processedTime ?? own) };
}

function burstOf({
  processedTime,
  count,
  spreadMs = DEFAULT_SPREAD_MS,
}: NonNullable<DataChange['bursts']>[number]): Burst {
  if (!Number.isInteger(count) || count < 1) throw new RangeError(`count must be a whole number from 1, not ${count}`);
  return { processedTime: instantOf('processedTime', processedTime), count, spreadMs };
}

function hostOf({ id, processedTime, xml }: NonNullable<DataChange['hosts']>[number]): HostChange {
  if (!/^\d+$/u.test(id)) throw new RangeError(`id must be the digits of a host id, not ${JSON.stringify(id)}`);
  return { id, processedTime: instantOf('processedTime', processedTime), ...(xml === undefined ? {} : { xml }) };
}

function entryOf({ modifiedTime, ...entry }: NonNullable<DataChange['vulnerabilities']>[number]): KnowledgeBaseChange {
  return { ...entry, modifiedTime: instantOf('modifiedTime', modifiedTime) };
}

/** @throws RangeError naming what is wrong; then nothing has been changed, except a host or QID that is not known. */
export function changeData(world: World, change: DataChange): void {
  const records = (change.events ?? []).map(rawEvent);
  const bursts = (change.bursts ?? []).map(burstOf);
  const hosts = (change.hosts ?? []).map(hostOf);
  const entries = (change.vulnerabilities ?? []).map(entryOf);
  if (records.length > 0) world.events.addRecords(records);
  for (const burst of bursts) world.events.addBurst(burst);
  for (const [name, part] of Object.entries(world.parts)) {
    part.change((change as Readonly<Record<string, readonly never[] | undefined>>)[name] ?? []);
  }
  world.hosts.change(hosts);
  world.hosts.remove(change.removedHosts ?? []);
  world.knowledgeBase.change(entries);
  world.knowledgeBase.remove(change.removedVulnerabilities ?? []);
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

/** Ids of the events processed in the span, in that order: what a complete ingestion must hold. */
function* eventIds(world: World, span: Span = {}): Generator<string> {
  const { first, end } = boundsOf(world, span);
  world.events.growTo(world.clock.now());
  const last = world.events.firstFrom(end);
  for (let position = world.events.firstFrom(first); position < last; position += 1) {
    yield world.events.factsAt(position).id;
  }
}

/** Ids of the hosts last processed in the span, lowest first. */
function* hostIds(world: World, span: Span = {}): Generator<string> {
  const { first, end } = boundsOf(world, span);
  for (const { id, processedTime } of world.hosts.within(ALL_IDS, world.clock.now())) {
    if (processedTime >= first && processedTime < end) yield String(id);
  }
}

/** QIDs last changed in the span, lowest first. */
function* qids(world: World, span: Span = {}): Generator<string> {
  const { first, end } = boundsOf(world, span);
  for (const { qid, modifiedTime } of world.knowledgeBase.entries()) {
    if (modifiedTime >= first && modifiedTime < end) yield String(qid);
  }
}

const LISTS: Readonly<Record<string, (world: World, span: Span) => Iterable<string>>> = {
  events: eventIds,
  hosts: hostIds,
  qids,
  ...Object.fromEntries(
    PARTS.map(({ name }) => [
      name,
      (world: World, span: Span) => world.parts[name]?.ids(boundsOf(world, span), world.clock.now()) ?? [],
    ]),
  ),
};

/** Ids of what a part holds in the span: what a complete ingestion must hold. Throws a RangeError for a part that is none. */
export function idsOf(world: World, name: string, span: Span = {}): Iterable<string> {
  const list = LISTS[name];
  if (list === undefined) throw new RangeError(`${name} is no part of the simulator`);
  return list(world, span);
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
  'POST /_sim/data': (world, call) => changeData(world, bodyOf(call)),
  'POST /_sim/options': (world, call) => applyLiveSettings(world.settings, bodyOf(call)),
  'POST /_sim/expire-tokens': ({ tokens }) => tokens.expireAll(),
};

function spanOf({ parameters }: Call): Span {
  return { from: parameters.get('from'), to: parameters.get('to') };
}

function control(world: World, call: Call): Answer {
  const list = call.path.replace('/_sim/', '');
  if (Object.hasOwn(LISTS, list)) return listAnswer(idsOf(world, list, spanOf(call)));
  const name = `${call.method} ${call.path}`;
  if (!Object.hasOwn(CONTROLS, name)) {
    const lists = Object.keys(LISTS).map((each) => `GET /_sim/${each}`);
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
