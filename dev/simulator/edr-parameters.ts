import { BadCallError } from './exchange.ts';
import type { Visit } from './world.ts';

const DEFAULT_PAGE_SIZE = 10;

/** A parameter that is a whole number from zero. */
export function wholeParameter({ call }: Visit, name: string): number | undefined {
  const value = call.parameters.get(name);
  if (value === undefined || value === '') return undefined;
  if (!/^\d{1,15}$/u.test(value)) throw new BadCallError(400, `${name} must be a whole number from 0, not ${value}`);
  return Number(value);
}

export function stateParameter({ call }: Visit): boolean {
  const value = call.parameters.get('state') ?? 'false';
  if (value !== 'true' && value !== 'false') throw new BadCallError(400, `state must be true or false, not ${value}`);
  return value === 'true';
}

/** Records a page, as they are asked for. */
export function pageSizeOf(visit: Visit): number {
  const size = wholeParameter(visit, 'pageSize') ?? DEFAULT_PAGE_SIZE;
  const most = visit.world.settings.maxResultWindow;
  if (size < 1 || size > most) throw new BadCallError(400, `pageSize must be from 1 to ${most}, not ${size}`);
  return size;
}
