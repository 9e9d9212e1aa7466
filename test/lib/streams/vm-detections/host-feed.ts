import { createTableMemory } from '../../../../src/lib/azure/table-memory.ts';
import { NO_CAUSES, sumOfCauses, type Causes } from '../../../../src/lib/cost/causes.ts';
import { vmDetections } from '../../../../src/lib/streams/vm-detections/index.ts';
import { startFeed } from '../../../support/feeds.ts';
import { testStorage } from '../../../support/storage.ts';
import { startVmVendor, type Detection } from '../../../support/vm-vendor.ts';

/** A row, as far as a report goes by it. */
export interface HostRow {
  readonly HostId: string;
  readonly ReportType: 'Whole' | 'Changes' | 'Unchanged';
  readonly ReportTime: string;
  readonly RowKey: string;
  readonly PartNumber: number;
  readonly PartCount: number;
  readonly DetectionList: { readonly DETECTION: readonly Detection[] } | null;
  readonly DetectionCount: number;
  readonly OperatingSystem: string | null;
  readonly Tags: unknown;
}

/** What a host's rows say of its detections, by their id: its newest whole report, and the changes since. */
export function stateOf(rows: readonly unknown[], host: number): Map<string, Detection> {
  const own = (rows as readonly HostRow[]).filter(({ HostId }) => HostId === String(host));
  const wholeAt = own
    .filter(({ ReportType }) => ReportType === 'Whole')
    .reduce((newest, { ReportTime }) => (ReportTime > newest ? ReportTime : newest), '');
  const since = own.filter(({ ReportTime }) => ReportTime >= wholeAt);
  const state = new Map<string, Detection>();
  for (const { DetectionList } of since.toSorted((one, two) => one.ReportTime.localeCompare(two.ReportTime))) {
    for (const each of DetectionList?.DETECTION ?? []) {
      // A long RESULTS goes on in a detection of nothing else.
      if (each.QID === undefined) continue;
      if (each.STATUS === 'Gone') state.delete(each.UNIQUE_VULN_ID ?? '');
      else state.set(each.UNIQUE_VULN_ID ?? '', each);
    }
  }
  return state;
}

const HOUR_MS = 3_600_000;
/** Where the hours of a feed begin. */
export const START = Date.parse('2026-05-01T12:00:00Z');

/** A detection as the vendor tells it. */
export function detection(qid: number, more: Detection = {}): Detection {
  return { UNIQUE_VULN_ID: `9${qid}`, QID: String(qid), TYPE: 'Confirmed', SEVERITY: '4', STATUS: 'Active', ...more };
}

/** A vendor with hosts, and a feed whose hours follow one another. */
export async function startHosts(hosts: number, settings: Readonly<Record<string, string>> = {}) {
  const vendor = await startVmVendor();
  for (let id = 1; id <= hosts; id++) vendor.hosts.set(id, { id, processed: 0, detections: [detection(100)] });
  const feed = await startFeed(vmDetections, {}, settings, () => vendor.url);
  let causes = NO_CAUSES;
  Object.assign(feed.bench.deps, {
    noteCauses: (_: string, each: Causes) => void (causes = sumOfCauses([causes, each])),
  });
  let hour = 0;
  const iso = (time: number): string => `${new Date(time).toISOString().slice(0, 19)}Z`;
  const run = {
    vendor,
    feed,
    memory: createTableMemory(await testStorage(), feed.bench.clock.now),
    /** Has hosts processed in the next hour, as they are or changed, and gives that hour. */
    process: (ids: readonly number[], change: Detection = {}): { from: string; to: string } => {
      const from = START + hour++ * HOUR_MS;
      for (const id of ids) {
        const host = vendor.hosts.get(id);
        if (host === undefined) continue;
        host.processed = from + HOUR_MS / 2;
        const times = { TIMES_FOUND: String(hour), LAST_FOUND_DATETIME: iso(host.processed) };
        host.detections = host.detections.map((each) => ({ ...each, ...times, ...change }));
      }
      const behindMs = from + 2 * HOUR_MS - feed.bench.clock.now().getTime();
      if (behindMs > 0) feed.bench.clock.forward(behindMs);
      return { from: iso(from), to: iso(from + HOUR_MS) };
    },
    /** Ingests an hour; gives the hosts that were sent. */
    ingest: async ({ from, to }: { from: string; to: string }): Promise<number[]> => {
      const sent = await run.rowsOf({ from, to });
      return sent.map(({ HostId }) => Number(HostId));
    },
    /** Ingests an hour; gives the rows that were sent. */
    rowsOf: async ({ from, to }: { from: string; to: string }): Promise<HostRow[]> => {
      const before = feed.bench.sink.rows.length;
      await feed.ingest(from, to);
      return feed.bench.sink.rows.slice(before) as HostRow[];
    },
    /** Why hosts were sent, since it was asked last. */
    causes: (): Causes => {
      const told = causes;
      causes = NO_CAUSES;
      return told;
    },
    /** Goes so many hours on, in which nothing is processed. */
    pass: (hours: number): void => void (hour += hours),
  };
  return run;
}
