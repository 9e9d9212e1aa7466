import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { FaultTarget } from '../../dev/simulator/fault-rules.ts';
import type { Cell } from './cell.ts';
import { FEEDS, type Feed } from './feeds.ts';
import { FURTHER_FEEDS } from './further-feeds.ts';
import type { Step } from './steps.ts';

/** What the standard subscription allows. */
const CALLS_AN_HOUR = 300;

type Lie = FaultAction & Omit<FaultTarget, 'route'> & { readonly at?: 'first' };

/** A vendor that tells something else than what it has. */
function lie(step: Step, fault: string, ...lies: readonly Lie[]): Cell {
  return {
    step,
    fault,
    rateLimit: CALLS_AN_HOUR,
    arm: ({ feed, simulator }) => {
      simulator.setFaults(
        ...lies.map(({ at, ...action }) => ({
          ...action,
          route: at === 'first' ? feed.routes.first : feed.routes.page,
        })),
      );
      return { hasStruck: () => simulator.stats().faults.some(({ hits }) => hits > 0) };
    },
  };
}

const always = 'always';

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

/** Lies of the vendor that concern a stream. */
export function liesTo(feed: Feed): readonly Cell[] {
  if (feed === FEEDS.edr) return EDR;
  if (feed === FEEDS.edrChain) return EDR_CHAIN;
  return feed === FURTHER_FEEDS.incidents ? INCIDENTS : [];
}
