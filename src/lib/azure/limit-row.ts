import type { TableClient } from '@azure/data-tables';
import type { ApiName } from '../pipeline/stream.ts';
import { emptyLimitState, type LimitState } from './limit-state.ts';
import { openStateRow, type StateRow } from './state-row.ts';

/** Opens the row of one API; nothing is read before it is needed. */
export function openLimitRow(api: ApiName, table: () => Promise<TableClient>): StateRow<LimitState> {
  return openStateRow(api, emptyLimitState(api), table);
}
