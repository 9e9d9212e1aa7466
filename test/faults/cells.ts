import type { IngestionFault } from '../../dev/ingestion/ingestion-faults.ts';
import type { ProxiedRequest, ProxyAction } from '../../dev/fault-proxy/proxy-faults.ts';
import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { Armed, Cell } from './cell.ts';
import type { DataShape } from './feeds.ts';
import type { Rig } from './rig.ts';
import type { App } from './run-app.ts';
import { requestOf, setFault, type Step } from './steps.ts';

const HOUR_MS = 3_600_000;
/** A step of the clock is put right after so long. */
const CLOCK_WRONG_MS = 400_000;
/** Longer than all quick retries, and than the halving of a window down to single hosts. */
const VENDOR_DOWN_MS = 1_200_000;

function odata(code: string): string {
  return JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: 'simulated fault' } } });
}

interface StorageFault {
  readonly fault: string;
  readonly action: ProxyAction;
  readonly count: number;
}

/** More tries than the storage client makes. */
const OUTAGE = 5;

const STORAGE_FAULTS: readonly StorageFault[] = [
  {
    fault: 'storage 500, five times',
    action: { kind: 'status', status: 500, body: odata('InternalError') },
    count: OUTAGE,
  },
  { fault: 'storage 503', action: { kind: 'status', status: 503, body: odata('ServerBusy') }, count: 1 },
  {
    fault: 'storage 412',
    action: { kind: 'status', status: 412, body: odata('UpdateConditionNotSatisfied') },
    count: 1,
  },
  { fault: 'storage 409', action: { kind: 'status', status: 409, body: odata('EntityAlreadyExists') }, count: 1 },
  { fault: 'storage cut before', action: { kind: 'cut-before' }, count: 1 },
  { fault: 'storage cut after it was done', action: { kind: 'cut-after' }, count: 1 },
];

/** Where wide data alone splits no window, the vendor says something that does. */
function armSplit({ feed, simulator }: Rig): void {
  const split = feed.wholePath?.split;
  if (split !== undefined) simulator.setFaults({ ...split, route: feed.routes.first });
}

function shapeOf(step: Step): DataShape {
  if (step === 'split' || step === 'enqueue next') return 'wide';
  if (step === 'checkpoint') return 'deep';
  return step.startsWith('upload') ? 'fat' : 'lean';
}

function prepare(step: Step, rig: Rig): void {
  if (step === 'split' || step === 'enqueue next') armSplit(rig);
}

function storageCells(step: Step): Cell[] {
  const isQueue = step === 'enqueue' || step === 'enqueue next';
  // Sending has no condition that could fail.
  const fitting = STORAGE_FAULTS.filter(({ fault }) => !isQueue || !/412|409/.test(fault));
  return fitting.map(({ fault, action, count }) => ({
    step,
    fault,
    shape: shapeOf(step),
    mayRepeat: step === 'checkpoint' || step === 'close',
    arm: (rig) => {
      prepare(step, rig);
      const { service, ...target } = requestOf(step, rig);
      let hits = 0;
      setFault(rig, service, { ...action, ...target, count, onRequest: () => hits++ });
      return { hasStruck: () => hits > 0 };
    },
  }));
}

function vendorCell(
  step: Step,
  fault: string,
  action: FaultAction,
  target: { nth?: number; count?: number } = {},
): Cell {
  return {
    step,
    fault,
    arm: ({ feed, simulator }) => {
      const route = step === 'count' ? feed.routes.first : feed.routes.page;
      simulator.setFaults({ ...action, ...target, route });
      return { hasStruck: () => simulator.stats().faults.some(({ hits }) => hits > 0) };
    },
  };
}

const simpleReturn = (code: string): FaultAction => ({ kind: 'simple-return', code, status: 409 });

function vendorCells(step: 'count' | 'fetch headers'): Cell[] {
  const nth = step === 'count' ? 1 : 2;
  return [
    vendorCell(step, 'Qualys 401', { kind: 'status', status: 401 }, { nth, count: 2 }),
    vendorCell(step, 'Qualys 409/1960', simpleReturn('1960'), { nth }),
    vendorCell(step, 'Qualys 409/1965', simpleReturn('1965'), { nth }),
    vendorCell(step, 'Qualys 429', { kind: 'status', status: 429 }, { nth }),
    vendorCell(step, 'Qualys 503, three times', { kind: 'status', status: 503 }, { nth, count: 3 }),
    vendorCell(step, 'Qualys resets', { kind: 'reset' }, { nth }),
  ];
}

const BODY_CELLS: readonly Cell[] = [
  vendorCell('fetch body', 'Qualys resets half-way', { kind: 'reset-body' }),
  vendorCell('fetch body', 'Qualys stalls half-way', { kind: 'stall-body', ms: 5000 }),
  vendorCell('decode', 'truncated body', { kind: 'truncate' }),
  vendorCell('decode', 'truncated body, second call', { kind: 'truncate' }, { nth: 2 }),
  vendorCell('decode', 'malformed body', { kind: 'malformed' }),
  vendorCell('decode', 'malformed body, three times', { kind: 'malformed' }, { count: 3 }),
  {
    step: 'fetch headers',
    fault: 'Qualys 503 for twenty minutes',
    arm: ({ feed, simulator }) => {
      simulator.setFaults({ kind: 'status', status: 503, count: 'always', route: feed.routes.page });
      return {
        hasStruck: () => true,
        delivery: {
          onPoll: (elapsedMs) => {
            if (elapsedMs > VENDOR_DOWN_MS) simulator.setFaults();
          },
        },
      };
    },
  },
];

function sinkCells(step: 'upload, chunk 1' | 'upload, chunk 2' | 'upload, chunk 3'): Cell[] {
  const faults: readonly (readonly [string, IngestionFault, boolean])[] = [
    ['ingestion 413', { kind: 'status', status: 413 }, false],
    ['ingestion 400', { kind: 'status', status: 400 }, false],
    // A row that was accepted before may be sent once more, to see whether the table takes any.
    ['ingestion 400, forty times', { kind: 'status', status: 400, count: 40 }, true],
    ['ingestion 429 with Retry-After', { kind: 'status', status: 429, retryAfterSeconds: 7 }, false],
    ['ingestion 429 without Retry-After', { kind: 'status', status: 429 }, false],
    ['ingestion 403', { kind: 'status', status: 403 }, false],
    ['ingestion 403, eight times', { kind: 'status', status: 403, count: 8 }, false],
    ['ingestion 500, five times', { kind: 'status', status: 500, count: 5 }, false],
    ['ingestion cut after acceptance', { kind: 'accept-then-reset' }, true],
  ];
  const nth = Number(step.slice(-1));
  return faults.map(([fault, action, mayRepeat]) => ({
    step,
    fault,
    shape: 'fat',
    mayRepeat,
    arm: ({ ingestion }) => {
      ingestion.setFaults({ nth, ...action });
      return { hasStruck: () => ingestion.stats().faults.some(({ hits }) => hits > 0) };
    },
  }));
}

type Moment = 'before' | 'after';

/** Runs something at the first request of a step, before it is passed on or before its answer is passed back. */
function atStep(rig: Rig, step: Step, moment: Moment, act: (request: ProxiedRequest) => unknown): Armed {
  prepare(step, rig);
  const { service, ...target } = requestOf(step, rig);
  let hits = 0;
  const strike = (request: ProxiedRequest): unknown => {
    hits++;
    return act(request);
  };
  setFault(rig, service, {
    kind: 'pass',
    ...target,
    ...(moment === 'before' ? { onRequest: strike } : { onAnswer: strike }),
  });
  return { hasStruck: () => hits > 0 };
}

/** Lets another worker take the window that a checkpoint is for, or else the first one in work. */
async function workAgain({ rig, work }: App, skewMs: number, { body }: ProxiedRequest): Promise<void> {
  const named = /QualysWindows\(PartitionKey='[^']*',RowKey='([^']*)'/u.exec(body)?.[1];
  const records = await rig.store.listWindows(rig.feed.name, 'live');
  const found = records.find(({ key, claim }) => (named === undefined ? claim !== undefined : key === named));
  if (found === undefined) throw new Error('no window is in work');
  const { stream, run, key } = found;
  const clock = { now: () => new Date(Date.now() + skewMs) };
  await work({ version: 1, stream, run, window: key }, { clock, owner: 'another worker' });
}

const AT_WORK: readonly (readonly [Step, Moment])[] = [
  ['count', 'before'],
  ['fetch headers', 'before'],
  ['fetch body', 'after'],
  ['upload, chunk 1', 'before'],
  ['upload, chunk 2', 'after'],
  ['checkpoint', 'before'],
  ['checkpoint', 'after'],
  ['close', 'before'],
];

const QUEUE_CELLS: readonly Cell[] = [
  {
    step: 'enqueue',
    fault: 'every message comes twice',
    arm: () => ({ hasStruck: () => true, delivery: { isTwice: true } }),
  },
  {
    step: 'enqueue',
    fault: 'messages come in reverse',
    arm: () => ({ hasStruck: () => true, delivery: { isReversed: true } }),
  },
  ...AT_WORK.map(([step, moment]) => ({
    step,
    fault: `message comes again ${moment} it`,
    shape: shapeOf(step),
    arm: (rig: Rig, app: App) => atStep(rig, step, moment, (request) => workAgain(app, 0, request)),
  })),
  ...AT_WORK.map(([step, moment]) => ({
    step,
    fault: `second worker takes over ${moment} it`,
    shape: shapeOf(step),
    // What is stored is not sent again; what is on its way may be.
    mayRepeat: true,
    arm: (rig: Rig, app: App) => atStep(rig, step, moment, (request) => workAgain(app, CLOCK_WRONG_MS, request)),
  })),
];

const CLOCK_STEPS: readonly Step[] = [
  'plan',
  'enqueue',
  'fetch headers',
  'upload, chunk 1',
  'checkpoint',
  'close',
  'move watermark',
];

function clockCells(name: string, stepMs: number): Cell[] {
  return CLOCK_STEPS.map((step) => ({
    step,
    fault: name,
    shape: 'late',
    mayRepeat: true,
    arm: (rig, app) => {
      const change = (): void => void (app.skewMs = stepMs);
      if (step === 'plan') change();
      return {
        ...(step === 'plan' ? { hasStruck: () => true } : atStep(rig, step, 'before', change)),
        delivery: {
          onPoll: (elapsedMs) => {
            if (elapsedMs > CLOCK_WRONG_MS) app.skewMs = 0;
          },
        },
      };
    },
  }));
}

const BEFORE_ANY_UPLOAD: ReadonlySet<Step> = new Set(['plan', 'enqueue', 'claim']);

/** Kills a real host by SIGKILL at a step. */
export function killCell(step: Step, moment: Moment): Cell {
  return {
    step,
    fault: `host killed ${moment} it`,
    shape: shapeOf(step),
    // The next request goes out while the last chunk is uploaded: a kill at it may come between acceptance and checkpoint.
    mayRepeat: !BEFORE_ANY_UPLOAD.has(step),
    arm: async (rig, _app, pool) => {
      const reached = Promise.withResolvers<undefined>();
      // The request must be neither passed on nor answered before the process is dead.
      const hold = ({ gone }: ProxiedRequest): Promise<void> => {
        reached.resolve(undefined);
        return gone;
      };
      const { hasStruck } = atStep(rig, step, moment, hold);
      if (step === 'fetch body') setHalfBody(rig, () => reached.resolve(undefined));
      await pool.killWhen(rig, reached.promise);
      const wasReached = step === 'fetch body' || hasStruck();
      setFault(rig, requestOf(step, rig).service);
      return { hasStruck: () => wasReached };
    },
  };
}

/** Half of a page's body comes, then nothing more. */
function setHalfBody(rig: Rig, onHalf: () => void): void {
  const { service, ...target } = requestOf('fetch body', rig);
  setFault(rig, service, { kind: 'stall-body', ...target, onAnswer: () => void setTimeout(onHalf, 100) });
}

const KILL_POINTS: readonly (readonly [Step, Moment])[] = [
  ['plan', 'before'],
  ['plan', 'after'],
  ['enqueue', 'before'],
  ['enqueue', 'after'],
  ['claim', 'after'],
  ['count', 'before'],
  ['fetch headers', 'before'],
  ['fetch body', 'after'],
  ['decode', 'after'],
  ['upload, chunk 1', 'before'],
  ['upload, chunk 1', 'after'],
  ['upload, chunk 2', 'after'],
  ['checkpoint', 'after'],
  ['split', 'after'],
  ['enqueue next', 'before'],
  ['close', 'before'],
  ['close', 'after'],
  ['move watermark', 'before'],
  ['move watermark', 'after'],
];

const STORAGE_STEPS: readonly Step[] = [
  'plan',
  'enqueue',
  'claim',
  'checkpoint',
  'split',
  'enqueue next',
  'close',
  'move watermark',
];

/** Steps before and after the stream's own part of the path. */
const SHARED_STEPS: ReadonlySet<Step> = new Set([
  'plan',
  'enqueue',
  'claim',
  'split',
  'enqueue next',
  'close',
  'move watermark',
]);

/** The second chunk, redelivery and clocks meet the pipeline, whatever the stream. */
const SHARED_FAULTS = /^(clock|message comes again|second worker)/;

function share(cell: Cell): Cell {
  const isShared =
    SHARED_STEPS.has(cell.step) ||
    SHARED_FAULTS.test(cell.fault) ||
    (cell.step === 'upload, chunk 2' && cell.fault.startsWith('ingestion'));
  return isShared ? { ...cell, isShared } : cell;
}

/** All cells, in an order in which slow ones are spread among the others. */
export function allCells(): Cell[] {
  const slow = KILL_POINTS.map(([step, moment]) => killCell(step, moment));
  const quick = [
    ...STORAGE_STEPS.flatMap(storageCells),
    ...vendorCells('count'),
    ...vendorCells('fetch headers'),
    ...BODY_CELLS,
    ...sinkCells('upload, chunk 1'),
    ...sinkCells('upload, chunk 2'),
    ...QUEUE_CELLS,
    ...clockCells('clock an hour ahead', HOUR_MS),
    ...clockCells('clock an hour behind', -HOUR_MS),
  ];
  const stride = Math.ceil(quick.length / slow.length);
  const spread = slow.flatMap((cell, place) => [cell, ...quick.slice(place * stride, (place + 1) * stride)]);
  return spread.map(share);
}
