import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { FaultTarget } from '../../dev/simulator/fault-rules.ts';
import type { Armed, Cell } from './cell.ts';
import { killCell } from './cells.ts';
import { FEEDS, type Feed } from './feeds.ts';
import { FURTHER_FEEDS } from './further-feeds.ts';
import type { Rig } from './rig.ts';
import type { Step } from './steps.ts';

/** What the standard subscription allows. */
const CALLS_AN_HOUR = 300;

type Lie = FaultAction & Omit<FaultTarget, 'route'> & { readonly at?: 'first' };

/** A vendor that tells something else than what it has. */
function lie(step: Step, fault: string, ...lies: readonly Lie[]): Cell {
  return { step, fault, rateLimit: CALLS_AN_HOUR, arm: (rig) => tell(rig, lies) };
}

function tell({ feed, simulator }: Rig, lies: readonly Lie[]): Armed {
  simulator.setFaults(
    ...lies.map(({ at, ...action }) => ({ ...action, route: at === 'first' ? feed.routes.first : feed.routes.page })),
  );
  return { hasStruck: () => simulator.stats().faults.every(({ hits }) => hits > 0) };
}

/** The same in the long form only. */
function rare(cell: Cell): Cell {
  return { ...cell, isRare: true };
}

const always = 'always';
/** A worker that dies when a part of its page is stored. */
const KILLED = killCell('checkpoint', 'after');

/** What may be wrong with pages of events, by numbers and by searchAfter. */
const EDR_PAGES: readonly Cell[] = [
  lie('decode', 'pages capped at 3', { kind: 'page-cap', records: 3, count: always }),
  lie('decode', 'pages capped at 3 from the second one on', { kind: 'page-cap', records: 3, nth: 2, count: always }),
  lie('decode', 'documents come twice', { kind: 'duplicate-records', each: 2, count: always }),
  lie('decode', 'empty body instead of the first page', { kind: 'empty-body' }),
  lie('decode', 'empty body instead of the second page', { kind: 'empty-body', nth: 2 }),
  lie('decode', 'records missing, twice', { kind: 'missing-records', records: 2, count: 2 }),
];

/** What may be wrong with the count. */
const COUNTS: readonly Cell[] = [
  lie('count', 'count 0, always', { kind: 'wrong-count', factor: 0, at: 'first', count: always }),
  lie('count', 'count 0, once', { kind: 'wrong-count', factor: 0, at: 'first' }),
  lie('count', 'count too high, once', { kind: 'wrong-count', delta: 40, at: 'first' }),
  lie(
    'count',
    'count a third, pages capped at 3',
    { kind: 'wrong-count', factor: 0.34, at: 'first', count: always },
    { kind: 'page-cap', records: 3, count: always },
  ),
];

const EDR: readonly Cell[] = [
  ...COUNTS,
  ...EDR_PAGES,
  lie('decode', 'pages wrap onto the last one', { kind: 'page-wrap', count: always }),
  lie('decode', 'pages wrap onto the first one', { kind: 'page-wrap', onto: 'first', count: always }),
  lie('decode', 'a page comes twice', { kind: 'duplicate-page', nth: 2 }),
  lie('decode', 'order not stable', { kind: 'unstable-order', count: always }),
];

const EDR_CHAIN: readonly Cell[] = [
  ...COUNTS,
  ...EDR_PAGES,
  lie('decode', 'cursors in a circle, once round', { kind: 'cursor-circle', pages: 2, count: 2 }),
  lie('decode', 'cursor lost, once', { kind: 'lost-cursor' }),
  lie('decode', 'the same cursor twice', { kind: 'same-cursor', nth: 2 }),
];

const INCIDENTS: readonly Cell[] = [
  lie('decode', 'pages capped at 3', { kind: 'page-cap', records: 3, count: always }),
  lie('decode', 'empty body instead of the second page', { kind: 'empty-body', nth: 2 }),
  lie('decode', 'cursor lost, once', { kind: 'lost-cursor' }),
  lie('decode', 'cursors in a circle, once round', { kind: 'cursor-circle', pages: 2, count: 2 }),
];

const CAPPED: Lie = { kind: 'page-cap', records: 3, count: always };

/** What may be wrong with pages of lists that go by ids. */
const ID_PAGES: readonly Cell[] = [
  lie('decode', 'pages cut short without WARNING', CAPPED, { kind: 'lost-warning', count: always }),
  rare(lie('decode', 'a page cut short without WARNING', { kind: 'page-cap', records: 3 }, { kind: 'lost-warning' })),
  lie('decode', 'WARNING names the page just served', CAPPED, { kind: 'same-id-min', count: always }),
  rare(lie('decode', 'pages capped at 3', CAPPED)),
  // What the vendor gives twice on a page is uploaded twice, with one key.
  {
    ...rare(lie('decode', 'records come twice', { kind: 'duplicate-records', count: always })),
    mayRepeat: 'everything',
  },
  rare(lie('decode', 'a page comes twice', { kind: 'duplicate-page', nth: 2 })),
  rare(lie('decode', 'empty body, twice', { kind: 'empty-body', count: 2 })),
  rare(lie('decode', 'pages not in order', { kind: 'unordered-page', records: 4, count: always })),
  rare(lie('count', 'ids missing from the list', { kind: 'missing-records', records: 5, at: 'first', count: always })),
  lie('count', 'the list is empty', { kind: 'missing-records', records: 1000, at: 'first', count: always }),
];

const VM: readonly Cell[] = [
  ...ID_PAGES,
  rare(lie('decode', 'records missing from both pages', { kind: 'missing-records', records: 4, count: 2 })),
  rare(lie('decode', 'no host list in the answer, once', { kind: 'missing-host-list' })),
  lie('decode', 'no host list in the answers, four times', { kind: 'missing-host-list', count: 4 }),
  {
    ...rare(lie('decode', 'hosts processed again while they are paged', { kind: 'reprocessed-hosts' })),
    hasNewVersions: true,
  },
  {
    ...lie('decode', 'hosts processed again at every page', { kind: 'reprocessed-hosts', count: always }),
    hasNewVersions: true,
  },
  {
    ...KILLED,
    fault: 'page not in order, host killed after a part of it',
    rateLimit: CALLS_AN_HOUR,
    arm: (rig, ...others) => {
      tell(rig, [{ kind: 'unordered-page', records: 3, count: always }]);
      return KILLED.arm(rig, ...others);
    },
  },
  {
    step: 'count',
    fault: 'hosts found by time 50 s late',
    isRare: true,
    rateLimit: CALLS_AN_HOUR,
    arm: ({ simulator }) => {
      simulator.configure({ indexLagSeconds: 50 });
      return { hasStruck: () => true };
    },
  },
];

const LISTS: readonly Cell[] = [
  ...ID_PAGES,
  rare(lie('decode', 'records missing, three times', { kind: 'missing-records', records: 4, count: 3 })),
  lie(
    'decode',
    'list and page are empty, once',
    { kind: 'missing-records', records: 1000, at: 'first' },
    { kind: 'missing-records', records: 1000 },
    { kind: 'lost-warning' },
  ),
];

const LIES = new Map<Feed, readonly Cell[]>([
  [FEEDS.edr, EDR],
  [FEEDS.edrChain, EDR_CHAIN],
  [FEEDS.vm, VM],
  [FURTHER_FEEDS.incidents, INCIDENTS],
  [FURTHER_FEEDS.hosts, LISTS],
  [FURTHER_FEEDS.knowledgeBase, LISTS],
]);

/** Lies of the vendor that concern a stream. */
export function liesTo(feed: Feed): readonly Cell[] {
  const own = Object.entries(feed.lies ?? {}).map(([fault, action]) => lie('decode', fault, action));
  return LIES.get(feed) ?? own;
}
