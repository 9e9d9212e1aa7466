import type { ProbeMemory, ProbeState } from '../pipeline/probe-memory.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { TABLE_NAMES } from './names.ts';
import { openSharedRow } from './shared-row.ts';
import type { Storage } from './storage.ts';
import { lazyTable } from './table-entities.ts';

/** Opens what the checks of each API found last, in the table of the limits. */
export function openProbeRows(storage: Storage): (api: ApiName) => ProbeMemory {
  const table = lazyTable(storage, TABLE_NAMES.limits);
  return (api) => openSharedRow<ProbeState>(table, `probe-${api}`, { answers: {} });
}
