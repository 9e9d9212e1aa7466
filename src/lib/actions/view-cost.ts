import { firstDay, viewCost as view, type CostView } from '../cost/view-cost.ts';
import { getServices } from '../services.ts';

/** What the route answers. */
export interface CostAnswer extends CostView {
  /** The app's clock, ISO 8601. */
  readonly time: string;
}

/** Tells what enabled streams have sent, as it will be billed, and what that costs. */
export async function viewCost(): Promise<CostAnswer> {
  const { clock, sent, settings } = getServices();
  const now = clock.now();
  const rows = await sent.since(firstDay(now));
  return { time: now.toISOString(), ...view(rows, settings.QUALYS_STREAMS, settings, now) };
}
