import type { Chunk, Outcome, Progress, WindowTask } from '../../pipeline/stream.ts';
import { hostListOf } from '../../qualys/vm/vm-targets.ts';
import { digestOf } from '../../records/record-rows.ts';
import { ofSubscription, type RecordTable } from '../../records/record-table.ts';
import { toJson, type IdCursor } from '../id-cursor.ts';
import { readIdPages } from '../read-id-pages.ts';
import type { StreamServices } from '../stream-definition.ts';
import { vmPages } from '../vm-pages.ts';
import { HOST_LIST, hostTable } from './host-table.ts';

/** Where reading a snapshot stands. */
interface HostsCursor extends IdCursor {
  /** What is asked of the vendor: the same for the whole snapshot, whatever becomes of the settings meanwhile. */
  readonly query: string;
  /** When reading began. */
  readonly time: string;
  /** Hosts left out, as the last closing row told. */
  readonly told?: string;
}

/**
 * Reads a snapshot: every host that Qualys lists now, then a closing row that says how many they are. Without that row a snapshot is not
 * whole, and a host that is not in it need not be gone.
 */
export async function* readHosts(task: WindowTask, services: StreamServices): AsyncGenerator<Progress, Outcome> {
  const { clock, settings } = services;
  const start = (task.cursor ?? {
    query: settings.HOSTS_PARAMS,
    time: clock.now().toISOString(),
    received: 0,
  }) as unknown as HostsCursor;
  const snapshot = { id: task.window.to, time: start.time };
  const pages = vmPages(task, services, {
    list: hostListOf(settings),
    query: start.query,
    pageSize: settings.HOSTS_PAGE_SIZE,
    shape: HOST_LIST,
    table: hostTable(snapshot),
  });
  const cursor = yield* readIdPages(task, pages, start);
  const left = cursor.left ?? [];
  const told = left.join(',');
  if (cursor.told !== told) {
    const chunk = closingRow(
      ofSubscription(hostTable(snapshot), settings.QUALYS_SUBSCRIPTION),
      cursor.received,
      left,
      clock.now(),
    );
    yield { chunk, cursor: toJson({ ...cursor, told } as IdCursor) };
  }
  if (left.length === 0) return { kind: 'complete' };
  return { kind: 'skipped', reason: `hosts left out after failing on their own: ${left.join(', ')}` };
}

/** The row that says that a snapshot is whole, but for the hosts left out. */
function closingRow({ common, scope }: RecordTable, hosts: number, left: readonly string[], now: Date): Chunk {
  const row = {
    TimeGenerated: now.toISOString(),
    ...common,
    RecordType: 'SnapshotEnd',
    HostCount: hosts,
    LeftOutHostIds: left,
    RowKey: `${digestOf({ scope }, JSON.stringify([hosts, left]))}-1`,
    PartNumber: 1,
    PartCount: 1,
  };
  return { json: Buffer.from(JSON.stringify([row])), rows: 1 };
}
