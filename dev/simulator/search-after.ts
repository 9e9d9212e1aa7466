import { findFault } from './faults.ts';
import type { Visit } from './world.ts';

/** The header that names the next page, as the faults leave it. */
export function cursorHeaders({ call, faults, world }: Visit, next: string): Readonly<Record<string, string>> {
  if (findFault(faults, 'lost-cursor') !== undefined) return {};
  const isStuck = findFault(faults, 'same-cursor') !== undefined;
  const cursor = isStuck ? (call.parameters.get('searchAfterValues') ?? next) : next;
  return { [world.settings.searchAfterHeader]: cursor };
}
