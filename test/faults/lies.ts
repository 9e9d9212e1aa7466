import type { FaultAction } from '../../dev/simulator/faults.ts';
import type { FaultTarget } from '../../dev/simulator/fault-rules.ts';
import type { Armed, Cell } from './cell.ts';
import type { Rig } from './rig.ts';
import type { Step } from './steps.ts';

/** What the standard subscription allows. */
export const CALLS_AN_HOUR = 300;

type Lie = FaultAction & Omit<FaultTarget, 'route'> & { readonly at?: 'first' };

/** A vendor that tells something else than what it has: at the first call of a window where it says so, else at the pages. */
export function lie(step: Step, fault: string, ...lies: readonly Lie[]): Cell {
  return { step, fault, rateLimit: CALLS_AN_HOUR, arm: (rig) => tell(rig, lies) };
}

/** Sets lies of the vendor. */
export function tell({ feed, simulator }: Rig, lies: readonly Lie[]): Armed {
  simulator.setFaults(
    ...lies.map(({ at, ...action }) => ({ ...action, route: at === 'first' ? feed.routes.first : feed.routes.page })),
  );
  return { hasStruck: () => simulator.stats().faults.every(({ hits }) => hits > 0) };
}

/** The same in the long form only. */
export function rare(cell: Cell): Cell {
  return { ...cell, isRare: true };
}

/** A lie that the vendor sticks to. */
export const always = 'always';
const CAPPED: Lie = { kind: 'page-cap', records: 3, count: always };

/** What may be wrong with pages of lists that go by ids. */
export const ID_PAGES: readonly Cell[] = [
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

/** The same of lists that are read whole. */
export const LISTS: readonly Cell[] = [
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
