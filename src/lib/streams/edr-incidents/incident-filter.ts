import type { Settings } from '../../config.ts';
import { conditionOf, wholeSecond } from '../../qualys/edr/qql.ts';

/**
 * The QQL of a window of incidents, as the vendor's page writes it: `<token>: ["<from>" .. "<to>"]`, both included.
 * @throws ConfigError when `INCIDENTS_FILTER` cannot be put into parentheses safely.
 */
export function incidentFilter(
  { INCIDENTS_TIME_TOKEN, INCIDENTS_FILTER }: Pick<Settings, 'INCIDENTS_TIME_TOKEN' | 'INCIDENTS_FILTER'>,
  { from, to }: { readonly from: string; readonly to: string },
): string {
  const range = `["${wholeSecond('from', from)}" .. "${wholeSecond('to', to)}"]`;
  const further = conditionOf('INCIDENTS_FILTER', INCIDENTS_FILTER);
  return `${INCIDENTS_TIME_TOKEN}: ${range}${further === '' ? '' : ` AND (${further})`}`;
}
