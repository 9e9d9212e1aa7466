/** A large tenant on paper: what it costs and which limit binds first, from the figures of the benchmarks and stated assumptions. */
import type { Growth, GrowthPoint, GrowthSeries } from './growth-point.ts';
import type { BenchResult } from './result.ts';

/** The tenant, and what no benchmark on one machine can tell. */
export const TENANT = {
  hosts: 1_000_000,
  detectionsPerHost: 100,
  /** Times a day that the vendor processes a host. */
  hostRunsPerDay: 1,
  eventsPerDay: 50_000_000,
  /** `EDR_SCHEDULE` and `VM_SCHEDULE`: minutes from tick to tick, by default. */
  edrTickMinutes: 5,
  vmTickMinutes: 30,
  /** `EDR_WINDOW_MINUTES` and `EDR_PAGE_SIZE` for such a tenant, and `VM_TRUNCATION_LIMIT`. */
  edrWindowMinutes: 1,
  edrPageSize: 5000,
  vmPageSize: 1000,
  /** Seconds that a call holds a permit: a count or id list, a page of events, a page of hosts. */
  countSeconds: 1,
  edrPageSeconds: 3,
  vmPageSeconds: 90,
  /** Speed of a core of Flex Consumption against one of the machine that ran the benchmarks. */
  coreSpeed: 0.5,
  /** The smallest instance: cores, and memory that is billed, in GB. */
  instanceCores: 0.25,
  instanceGb: 0.5,
  /** Windows an instance works on at once: `batchSize` and `newBatchThreshold` of `host.json`. */
  windowsPerInstance: 8,
} as const;

/** Limits of a subscription, for each of the two APIs. Enterprise is told by one source only. */
export const LEVELS = [
  { level: 'Standard', callsPerHour: 300, concurrency: 2 },
  { level: 'Enterprise', callsPerHour: 750, concurrency: 5 },
  { level: 'Premium', callsPerHour: 2000, concurrency: 10 },
] as const;

/** Limits of one data collection rule. */
export const RULE_LIMITS = { requestsPerMinute: 12_000, megabytesPerMinute: 2000 } as const;

/** What is sent, measured: bytes of the vendor, of JSON, and per request; MB/s of one core. */
export interface FeedFigures {
  readonly vendorBytesPerRecord: number;
  readonly sentBytesPerRecord: number;
  readonly bytesPerRequest: number;
  readonly megabytesPerSecond: number;
}

/** How much of a limit is needed; above 1 it does not fit. */
export interface LimitUse {
  readonly level: string;
  readonly limit: string;
  readonly need: number;
  readonly allowed: number;
  readonly share: number;
}

/** What the tenant costs. Calls and requests are those of a day unless the name says otherwise. */
export interface TenantCost {
  readonly edr: EdrCalls & { readonly perHour: number };
  readonly edrDefaults: EdrCalls & { readonly perHour: number };
  readonly vm: VmCalls & { readonly perHour: number };
  readonly permits: { readonly edr: number; readonly vm: number };
  readonly requestsPerMinute: number;
  readonly megabytesPerMinute: number;
  readonly gigabytesPerDay: { readonly vendor: number; readonly sent: number };
  readonly coreSecondsPerDay: number;
  readonly instances: number;
  readonly gbSecondsPerDay: number;
  readonly limits: readonly LimitUse[];
}

const DAY_MINUTES = 1440;
const DAY_SECONDS = 86_400;
/** An EDR window with more events is split (`src/lib/streams/edr-events/page-depth.ts`), into at most 2^6 slices at once. */
const SPLIT_ABOVE = 5000;
const MAX_HALVINGS = 6;

/** Calls of one EDR window. */
export interface EdrCalls {
  readonly slices: number;
  readonly counts: number;
  readonly pages: number;
}

/** One count, and where that is too much a split into halves; each piece costs a count and its pages. */
export function edrWindowCalls(events: number, pageSize: number): EdrCalls {
  if (events <= SPLIT_ABOVE) {
    return { slices: 1, counts: 1, pages: Math.ceil(events / pageSize) };
  }
  const slices = 2 ** Math.min(MAX_HALVINGS, Math.ceil(Math.log2(events / SPLIT_ABOVE)));
  const piece = edrWindowCalls(Math.ceil(events / slices), pageSize);
  return { slices: slices * piece.slices, counts: 1 + slices * piece.counts, pages: slices * piece.pages };
}

/** Calls of one VM window. */
export interface VmCalls {
  readonly slices: number;
  readonly lists: number;
  readonly pages: number;
}

/** The first page, and where more follow an id list and a slice for each page. */
export function vmWindowCalls(hosts: number, pageSize: number): VmCalls {
  const pages = Math.max(1, Math.ceil(hosts / pageSize));
  return { slices: Math.max(1, pages - 1), lists: pages > 1 ? 1 : 0, pages };
}

/** Takes the figures out of the results. @throws Error naming the figure that is missing. */
export function feedFigures(series: GrowthSeries, decode: string, results: readonly BenchResult[], growth: Growth) {
  const result = results.find(({ name }) => name === decode);
  const point = growth.points.findLast((each) => each.series === series);
  if (result === undefined || point === undefined) throw new Error(`there is no ${decode} or no growth of ${series}`);
  return { ...perRecord(point), megabytesPerSecond: result.ours };
}

function perRecord({
  vendorBytes,
  sentBytes,
  records,
  requests,
}: GrowthPoint): Omit<FeedFigures, 'megabytesPerSecond'> {
  return {
    vendorBytesPerRecord: vendorBytes / records,
    sentBytesPerRecord: sentBytes / records,
    bytesPerRequest: sentBytes / requests,
  };
}

/** The whole arithmetic. `vm` holds figures of a host with `TENANT.detectionsPerHost` detections. */
export function tenantCost(edr: FeedFigures, vm: FeedFigures): TenantCost {
  const hostsPerDay = TENANT.hosts * TENANT.hostRunsPerDay;
  const edrCalls = edrCallsPerHour(TENANT.edrWindowMinutes, TENANT.edrPageSize);
  const vmCalls = vmCallsPerHour(hostsPerDay);
  const bytes = (pick: (feed: FeedFigures) => number): number =>
    TENANT.eventsPerDay * pick(edr) + hostsPerDay * pick(vm);
  const sentPerMinute = bytes((feed) => feed.sentBytesPerRecord) / DAY_MINUTES;
  const requestsPerMinute = bytes((feed) => feed.sentBytesPerRecord / feed.bytesPerRequest) / DAY_MINUTES;
  const coreSecondsPerDay =
    bytes((feed) => feed.vendorBytesPerRecord / 1e6 / feed.megabytesPerSecond) / TENANT.coreSpeed;
  const permits = {
    edr: (callSeconds(edrCalls.counts, edrCalls.pages, TENANT.edrPageSeconds) * edrCalls.perHour) / 3600,
    vm: (callSeconds(vmCalls.lists, vmCalls.pages, TENANT.vmPageSeconds) * vmCalls.perHour) / 3600,
  };
  const instances = Math.ceil(
    Math.max(
      (permits.edr + permits.vm) / TENANT.windowsPerInstance,
      coreSecondsPerDay / TENANT.instanceCores / DAY_SECONDS,
    ),
  );
  return {
    edr: edrCalls,
    edrDefaults: edrCallsPerHour(TENANT.edrTickMinutes, 500),
    vm: vmCalls,
    permits,
    requestsPerMinute,
    megabytesPerMinute: sentPerMinute / 1e6,
    gigabytesPerDay: {
      vendor: bytes((feed) => feed.vendorBytesPerRecord) / 1e9,
      sent: bytes((feed) => feed.sentBytesPerRecord) / 1e9,
    },
    coreSecondsPerDay,
    instances,
    gbSecondsPerDay: instances * DAY_SECONDS * TENANT.instanceGb,
    limits: limitUses(edrCalls.perHour, vmCalls.perHour, permits, requestsPerMinute, sentPerMinute / 1e6),
  };
}

function edrCallsPerHour(windowMinutes: number, pageSize: number): TenantCost['edr'] {
  const calls = edrWindowCalls(Math.round((TENANT.eventsPerDay * windowMinutes) / DAY_MINUTES), pageSize);
  return { ...calls, perHour: ((calls.counts + calls.pages) * 60) / windowMinutes };
}

function vmCallsPerHour(hostsPerDay: number): TenantCost['vm'] {
  const calls = vmWindowCalls((hostsPerDay * TENANT.vmTickMinutes) / DAY_MINUTES, TENANT.vmPageSize);
  return { ...calls, perHour: ((calls.lists + calls.pages) * 60) / TENANT.vmTickMinutes };
}

/** Mean seconds that a call holds a permit. */
function callSeconds(short: number, pages: number, pageSeconds: number): number {
  return (short * TENANT.countSeconds + pages * pageSeconds) / (short + pages);
}

/** Every limit, with the share that is needed, greatest first within a level. */
function limitUses(
  edrPerHour: number,
  vmPerHour: number,
  permits: TenantCost['permits'],
  requestsPerMinute: number,
  megabytesPerMinute: number,
): LimitUse[] {
  return LEVELS.flatMap(({ level, callsPerHour, concurrency }) =>
    [
      use(level, 'EDR calls an hour', edrPerHour, callsPerHour),
      use(level, 'VM calls an hour', vmPerHour, callsPerHour),
      use(level, 'EDR calls at once', permits.edr, concurrency),
      use(level, 'VM calls at once', permits.vm, concurrency),
      use(level, 'ingestion requests a minute', requestsPerMinute, RULE_LIMITS.requestsPerMinute),
      use(level, 'ingestion MB a minute', megabytesPerMinute, RULE_LIMITS.megabytesPerMinute),
    ].sort((left, right) => right.share - left.share),
  );
}

function use(level: string, limit: string, need: number, allowed: number): LimitUse {
  return { level, limit, need, allowed, share: need / allowed };
}
