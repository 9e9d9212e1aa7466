import { stateParameter, wholeParameter } from './edr-parameters.ts';
import { findFault } from './faults.ts';
import { isIndexed } from './index-lag.ts';
import { compileQuery } from './query-evaluate.ts';
import { parseQuery } from './query.ts';
import { hash32 } from './random.ts';
import type { EventSearch, Found, SearchContext } from './search.ts';
import type { Visit } from './world.ts';

const DRIFT = 10;

function contextOf({ faults, world }: Visit): SearchContext {
  const { clock, settings } = world;
  const now = clock.now();
  const isConstant = settings.indexLagPattern === 'constant';
  return {
    now,
    resolution: settings.timeResolution,
    visibleUntil: isConstant ? now - settings.indexLagSeconds * 1_000 : now,
    ...(isConstant ? {} : { isIndexed: (id, time) => isIndexed(world, id, time) }),
    ignoresTime: findFault(faults, 'ignored-time-filter') !== undefined,
  };
}

function searchOf(visit: Visit, sort: string): EventSearch {
  const fromDate = wholeParameter(visit, 'fromDate');
  const toDate = wholeParameter(visit, 'toDate');
  return {
    filter: visit.call.parameters.get('filter') ?? '',
    sort,
    isCurrentOnly: stateParameter(visit),
    ...(fromDate === undefined ? {} : { fromDate }),
    ...(toDate === undefined ? {} : { toDate }),
  };
}

/** Lets events arrive at the start of the range asked for, so that the pages behind it move. */
function drift(visit: Visit): void {
  const { call, world, faults } = visit;
  const fault = findFault(faults, 'page-drift');
  if (fault === undefined) return;
  const { from } = compileQuery(parseQuery(call.parameters.get('filter') ?? ''), contextOf(visit));
  const processedTime = Number.isFinite(from) ? from : world.events.timeAt(0);
  world.events.addBurst({ processedTime, count: fault.records ?? DRIFT, spreadMs: 0 });
}

/** The events that a call asks for, in an order. */
export function findEvents(visit: Visit, sort: string): Found {
  const { world, faults } = visit;
  world.events.growTo(world.clock.now());
  drift(visit);
  const shift = hash32(world.settings.seed, visit.stats.calls);
  const isUnstable = findFault(faults, 'unstable-order') !== undefined;
  const search = { ...searchOf(visit, sort), ...(isUnstable ? { tieShift: shift } : {}) };
  return world.searcher.search(search, contextOf(visit));
}
