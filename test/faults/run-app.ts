import type { DequeuedMessageItem, QueueClient } from '@azure/storage-queue';
import { createLog, withLogTarget, type LogTarget } from '../../src/lib/log.ts';
import { isCancelled, startBackfill } from '../../src/lib/pipeline/backfill.ts';
import { failWindow } from '../../src/lib/pipeline/operate-window.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { Clock } from '../../src/lib/pipeline/ports.ts';
import { processWindow, type ProcessDependencies } from '../../src/lib/pipeline/process-window.ts';
import { runPlanner } from '../../src/lib/pipeline/run-planner.ts';
import type { Stream } from '../../src/lib/pipeline/stream.ts';
import { gaps, toInterval } from '../../src/lib/pipeline/window.ts';
import { parseWorkItem } from '../../src/lib/pipeline/work-item.ts';
import { createServices, type Services } from '../../src/lib/services.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { bindStream } from '../../src/lib/streams/stream-definition.ts';
import type { Rig } from './rig.ts';
import { sleepFor } from './warped-time.ts';

const TICK_MS = 300_000;
const POLL_MS = 15_000;
const MAX_DEQUEUES = 5;
const HOST_RETRY_SECONDS = 30;
const DEAD_HOST_SECONDS = 600;
/** A cell that has not caught up after so long of its own time never will. */
const GIVE_UP_MS = 30 * 3_600_000;

/** The app in this process, wired as in production, over the world of a cell. */
export interface App {
  readonly rig: Rig;
  readonly services: Services;
  readonly stream: Stream;
  /** The connector's clock: a step changes `skewMs`. */
  skewMs: number;
  readonly lines: string[];
  readonly tick: () => Promise<void>;
  /** Works on an item as the queue trigger does. */
  readonly work: (message: unknown, changes?: Partial<ProcessDependencies>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** A worker waits in real time for permits and logins that a dead process holds: the rest of the wait, in the queue, is warped. */
const TIMING = { patienceMs: 200 };
/** Waits of the vendor's calls, shortened: a stalled body is given up after a fraction of a second. */
const PATIENCE = { firstByteTimeoutMs: 5000, idleTimeoutMs: 400 };

function bind({ settings, edr, vm }: Services, clock: Clock, name: string): Stream {
  const definition = STREAMS.find((stream) => stream.name === name);
  if (definition === undefined) throw new Error(`no stream ${name}`);
  return bindStream(definition, {
    settings,
    clock,
    edr: {
      ...edr,
      count: (query, options) => edr.count(query, { ...options, ...PATIENCE }),
      events: (query, options) => edr.events(query, { ...options, ...PATIENCE }),
      searchAfter: (query, cursor, options, pages) =>
        edr.searchAfter(query, cursor, { ...options, ...PATIENCE }, pages),
      probe: (pages, filter, options) => edr.probe(pages, filter, { ...options, ...PATIENCE }),
    },
    vm: {
      ...vm,
      call: (target, parameters, options) => vm.call(target, parameters, { ...options, ...PATIENCE }),
      detections: (hosts, options) => vm.detections(hosts, { ...options, ...PATIENCE }),
      probeDetections: (hosts, options) => vm.probeDetections(hosts, { ...options, ...PATIENCE }),
      probeList: (list, range, limit, options) => vm.probeList(list, range, limit, { ...options, ...PATIENCE }),
      hostIds: (hosts, options) => vm.hostIds(hosts, { ...options, ...PATIENCE }),
      listPage: (list, range, limit, options) => vm.listPage(list, range, limit, { ...options, ...PATIENCE }),
      listIds: (list, range, options) => vm.listIds(list, range, { ...options, ...PATIENCE }),
    },
  });
}

function targetOf(lines: string[]): LogTarget {
  const keep = (line: string): void => void lines.push(line);
  return { info: keep, warn: keep, error: keep };
}

/** Starts the app over a rig. */
export function startApp(rig: Rig): App {
  const lines: string[] = [];
  const target = targetOf(lines);
  const services = createServices(rig.env, TIMING);
  const app = { skewMs: 0 };
  const clock: Clock = { now: () => new Date(Date.now() + app.skewMs) };
  const stream = bind(services, clock, rig.feed.name);
  const log = createLog(target);
  const common = { clock, log, stream };
  return Object.assign(app, {
    rig,
    services,
    stream,
    lines,
    tick: () => withLogTarget(target, () => runPlanner({ ...services.planning(stream), clock, log })),
    work: (message: unknown, changes: Partial<ProcessDependencies> = {}) =>
      withLogTarget(target, async () => {
        const item = parseWorkItem(message);
        if (await isCancelled(item.run, services.store)) return;
        await processWindow(item, { ...services.processing(stream), ...common, ...changes });
      }),
    close: () => services.limiter.close(),
  });
}

/** How the queue delivers. */
export interface Delivery {
  /** Each message is handed to two workers at once. */
  readonly isTwice?: boolean;
  /** The last message comes first. */
  readonly isReversed?: boolean;
  /** Called at each look into the queue, with the milliseconds since the start. */
  readonly onPoll?: (elapsedMs: number) => void;
  /** Changes what each worker is given. */
  readonly changes?: Partial<ProcessDependencies>;
}

async function deliver(app: App, queue: QueueClient, message: DequeuedMessageItem, delivery: Delivery): Promise<void> {
  const body: unknown = JSON.parse(Buffer.from(message.messageText, 'base64').toString());
  try {
    const workers = delivery.isTwice === true ? 2 : 1;
    await Promise.all(Array.from({ length: workers }, () => app.work(body, delivery.changes)));
  } catch (error) {
    app.lines.push(JSON.stringify({ event: 'WorkerError', error: String(error) }));
    if (message.dequeueCount < MAX_DEQUEUES) {
      await queue.updateMessage(message.messageId, message.popReceipt, message.messageText, HOST_RETRY_SECONDS);
      return;
    }
    await failWindow(parseWorkItem(body), 'poison', { store: app.rig.store, clock: app.services.clock });
  }
  await queue.deleteMessage(message.messageId, message.popReceipt);
}

/** Takes the visible messages, two at a time, until there are none or the target is reached. @returns whether it is. */
async function drain(app: App, queue: QueueClient, delivery: Delivery, goal: Goal): Promise<boolean> {
  for (let count = 0; ; count++) {
    const { receivedMessageItems: messages } = await queue.receiveMessages({
      numberOfMessages: delivery.isReversed === true ? 32 : 2,
      visibilityTimeout: DEAD_HOST_SECONDS,
    });
    if (messages.length === 0) return count > 0 && goal.isWorkedOff(app);
    if (delivery.isReversed === true) messages.reverse();
    if (delivery.isReversed === true) for (const message of messages) await deliver(app, queue, message, delivery);
    else await Promise.all(messages.map((message) => deliver(app, queue, message, delivery)));
    if (await goal.isWorkedOff(app)) return true;
  }
}

async function hasCaughtUp({ rig }: App): Promise<boolean> {
  const mark = await rig.store.readWatermark(rig.feed.name);
  // A connector that takes a later time for now must still be asked when that time has come.
  return mark !== undefined && mark.watermark >= rig.target && Date.now() > Date.parse(rig.target);
}

/** Whether everything up to the target is covered by finished windows. */
async function isAllFinished({ rig }: App): Promise<boolean> {
  const records = await rig.store.listWindows(rig.feed.name, 'live');
  const finished = records.filter(isFinished).map(toInterval);
  const isCovered = gaps({ from: Date.parse(rig.start), to: Date.parse(rig.target) }, finished).length === 0;
  return isCovered && records.every((record) => isFinished(record) || record.from >= rig.target);
}

async function tryToTick(app: App): Promise<void> {
  try {
    await app.tick();
  } catch (error) {
    app.lines.push(JSON.stringify({ event: 'TickError', error: String(error) }));
  }
}

/** What still stands open, for the report of a cell that does not end. */
async function describeOpen({ rig, lines }: App): Promise<string> {
  const open = (await rig.store.listWindows(rig.feed.name, 'live')).filter((record) => !isFinished(record));
  return `${JSON.stringify(open.slice(0, 3))}\n${lines.slice(-15).join('\n')}`;
}

/** What a run is to reach. */
export interface Goal {
  readonly isReached: (app: App) => Promise<boolean>;
  /** Whether no more work is to come but that of the planner. */
  readonly isWorkedOff: (app: App) => Promise<boolean>;
}

/** The watermark stands at the target. */
const CAUGHT_UP: Goal = { isReached: hasCaughtUp, isWorkedOff: isAllFinished };

/** The backfill has ended well. */
export const BACKFILLED: Goal = { isReached: isBackfilled, isWorkedOff: isBackfilled };

async function isBackfilled({ rig }: App): Promise<boolean> {
  return (await rig.store.listBackfills()).some(({ status }) => status === 'succeeded');
}

/** Starts a backfill from the start to the target; what fails of that is the planner's to do. */
export async function beginBackfill({ rig, services, lines }: App): Promise<void> {
  const request = { stream: rig.feed.name, from: new Date(rig.start), to: new Date(rig.target) };
  const backfills = { ...services.backfills, log: createLog(targetOf(lines)) };
  await startBackfill(request, backfills).catch((error: unknown) => {
    lines.push(JSON.stringify({ event: 'BackfillError', error: String(error) }));
  });
}

/** Runs the app as the Functions host does — a timer, a queue — until the goal is reached: by default, the target is ingested. */
export async function runUntil(app: App, delivery: Delivery = {}, goal: Goal = CAUGHT_UP): Promise<void> {
  const queue = app.rig.storage.queue(app.rig.queueName);
  await queue.createIfNotExists();
  const startedAt = Date.now();
  for (let nextTick = startedAt; ;) {
    delivery.onPoll?.(Date.now() - startedAt);
    if (Date.now() >= nextTick) {
      await tryToTick(app);
      if (await goal.isReached(app)) return;
      nextTick = Date.now() + TICK_MS;
    }
    // Work that is done may be all that the watermark waits for.
    if (await drain(app, queue, delivery, goal)) {
      await tryToTick(app);
      if (await goal.isReached(app)) return;
    }
    if (Date.now() - startedAt > GIVE_UP_MS) throw new Error(`not caught up: ${await describeOpen(app)}`);
    await sleepFor(POLL_MS);
  }
}

/** How a run of a fixed length goes. */
export interface Course {
  readonly forMs: number;
  /** Between two ticks of the planner, and between two looks into the queue. */
  readonly tickMs: number;
  readonly pollMs: number;
}

/** Runs the app for so long, whatever it reaches. @returns when the target was ingested, in milliseconds since the start; undefined if it was not. */
export async function runFor(app: App, { forMs, tickMs, pollMs }: Course): Promise<number | undefined> {
  const queue = app.rig.storage.queue(app.rig.queueName);
  await queue.createIfNotExists();
  const startedAt = Date.now();
  let caughtUpMs: number | undefined;
  for (let nextTick = startedAt; Date.now() - startedAt < forMs;) {
    const isTick = Date.now() >= nextTick;
    if (isTick) nextTick += tickMs;
    if (isTick) await tryToTick(app);
    const count = await workOffVisible(app, queue);
    if (caughtUpMs === undefined && (isTick || count > 0) && (await isAllFinished(app))) {
      caughtUpMs = Date.now() - startedAt;
    }
    await sleepFor(pollMs);
  }
  return caughtUpMs;
}

/** Takes the messages that are visible, two at a time. @returns how many there were. */
async function workOffVisible(app: App, queue: QueueClient): Promise<number> {
  for (let count = 0; ; count += 2) {
    const { receivedMessageItems: messages } = await queue.receiveMessages({
      numberOfMessages: 2,
      visibilityTimeout: DEAD_HOST_SECONDS,
    });
    if (messages.length === 0) return count;
    await Promise.all(messages.map((message) => deliver(app, queue, message, {})));
  }
}
