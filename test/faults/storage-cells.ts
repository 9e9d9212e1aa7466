import type { ProxyAction } from '../../dev/fault-proxy/proxy-faults.ts';
import { replayDeadLetters } from '../../src/lib/pipeline/replay-dead-letters.ts';
import type { Cell } from './cell.ts';
import type { Feed } from './feeds.ts';
import type { Rig } from './rig.ts';
import type { App } from './run-app.ts';
import { requestOf, setFault, type Step } from './steps.ts';

interface Fault {
  readonly fault: string;
  readonly action: ProxyAction;
  readonly count: number;
  readonly nth?: number;
}

/** More tries than the storage client makes. */
const OUTAGE: Fault = { fault: 'storage 500, five times', action: { kind: 'status', status: 500 }, count: 5 };
const BUSY: Fault = { fault: 'storage 503', action: { kind: 'status', status: 503 }, count: 1 };
const CUT_BEFORE: Fault = { fault: 'storage cut before', action: { kind: 'cut-before' }, count: 1 };
const CUT_AFTER: Fault = { fault: 'storage cut after it was done', action: { kind: 'cut-after' }, count: 1 };
const CONFLICT: Fault = { fault: 'storage 412', action: { kind: 'status', status: 412 }, count: 1 };
const HALF: Fault = { fault: 'storage cut half-way', action: { kind: 'cut-body' }, count: 1, nth: 2 };

const READS: readonly Step[] = ['read watermark', 'list windows', 'read window', 'read ledger', 'read limits'];

function cellOf(step: Step, { fault, action, ...target }: Fault): Cell {
  return {
    step,
    fault,
    arm: (rig) => {
      const { service, route } = requestOf(step, rig);
      let hits = 0;
      setFault(rig, service, { ...action, route, ...target, onRequest: () => hits++ });
      return { hasStruck: () => hits > 0 };
    },
  };
}

/** The table refuses a record for its content, so that it becomes dead letters; these are sent again at the end. */
function letterCell(step: Step, fault: Fault): Cell {
  const cell = cellOf(step, fault);
  return {
    ...cell,
    shape: 'fat',
    // A row that was accepted before is sent once more, to see whether the table takes any; so is a letter that could not be removed.
    mayRepeat: 'everything',
    arm: async (rig, app, pool) => {
      const [record = ''] = rig.feed.ids(rig.simulator, { from: rig.start, to: rig.target });
      rig.ingestion.setFaults({ kind: 'refuse-rows', pattern: `:"?${record}[",]`, status: 400, count: 'always' });
      return { ...(await cell.arm(rig, app, pool)), afterwards: () => replayAll(rig, app) };
    },
  };
}

/** Sends the dead letters until none is left, as an operator does who tries again after an error. */
async function replayAll({ ingestion }: Rig, { services }: App): Promise<void> {
  const { deadLetters: source, log, sink } = services;
  ingestion.setFaults();
  for (let tries = 0; tries < 5; tries++) {
    await replayDeadLetters(100, { source, sink, log }).catch(() => undefined);
    if ((await source.count().catch(() => undefined)) === 0) return;
  }
  throw new Error('dead letters are left');
}

/** The same whatever the stream: played by one of which few rows make a record. */
const LETTERS: readonly Cell[] = [
  ...[OUTAGE, BUSY, CUT_BEFORE, CUT_AFTER].map((fault) => letterCell('dead letter', fault)),
  ...[OUTAGE, CUT_BEFORE, CUT_AFTER].map((fault) => letterCell('send dead letter again', fault)),
];

/** What was sent is read before a page, doubted before its chunks go and remembered behind the last one. */
const MEMORY: readonly Cell[] = [
  ...[OUTAGE, BUSY, CUT_BEFORE, HALF].map((fault) => cellOf('read memory', fault)),
  ...[OUTAGE, BUSY, CUT_BEFORE, CUT_AFTER, CONFLICT].map((fault): Cell => ({
    ...cellOf('memory', fault),
    shape: 'fat',
    mayRepeat: true,
  })),
];

/** What of storage a stream uses beside the path: a ledger, dead letters of which few rows make a record, a memory of what was sent. */
export type StorageOf = 'ledger' | 'letters' | 'memory';

/** Faults of storage where it is read, in the row that instances share, and in what the stream uses beside the path. */
export function storageCellsOf({ short, wholePath }: Feed): readonly Cell[] {
  if (wholePath === undefined) return [];
  const { storage } = wholePath;
  const reads = READS.filter((step) => step !== 'read ledger' || storage.includes('ledger'));
  const cells = [
    ...reads.flatMap((step) => [OUTAGE, BUSY, CUT_BEFORE, HALF].map((fault) => cellOf(step, fault))),
    ...[OUTAGE, BUSY, CUT_BEFORE, CUT_AFTER, CONFLICT].map((fault) => cellOf('limits', fault)),
    ...(storage.includes('letters') ? LETTERS : []),
    ...(storage.includes('memory') ? MEMORY : []),
  ];
  return cells.map((cell) => ({
    ...cell,
    isRare: short?.storage.some((name) => `${cell.step}: ${cell.fault}`.startsWith(name)) !== true,
  }));
}
