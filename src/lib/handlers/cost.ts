import { viewCost } from '../actions/view-cost.ts';
import { handle, json } from '../http/handle.ts';

/** Tells what was sent, and what that costs. */
export const cost = handle(async () => json(await viewCost()));
