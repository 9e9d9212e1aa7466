/** The generated parts of `docs/performance.md`, as Markdown. */
import type { Growth, GrowthPoint } from './growth-point.ts';
import { feedFigures, LEVELS, tenantCost, TENANT, type FeedFigures, type TenantCost } from './large-tenant.ts';
import type { BenchResult } from './result.ts';

/** All generated parts by name. @throws Error naming a figure that is missing. */
export function performanceParts(results: readonly BenchResult[], growth: Growth): Record<string, string> {
  const edr = feedFigures('edr', 'edr-decode', results, growth);
  const vm = feedFigures('vm', 'vm-decode', results, growth);
  return { results: resultsPart(results), growth: growthPart(growth), tenant: tenantPart(edr, vm) };
}

/** The table of `bench/results.json`. */
export function resultsPart(results: readonly BenchResult[]): string {
  const head = ['name', 'ours', 'against', 'unit', 'what it is against', 'ratio', 'goal', 'holds'];
  const rows = results.map(({ name, ours, rival, unit, rivalName, ratio, goal, isBound, holds }) => [
    `\`${name}\``,
    figure(ours),
    figure(rival),
    unit,
    rivalName,
    figure(ratio),
    `${isBound === true ? '≤' : '≥'} ${figure(goal)}`,
    holds ? 'yes' : '**no**',
  ]);
  return table(head, rows, [1, 2, 5, 6]);
}

/** The table of `bench/growth.json`, under the figures of the machine. */
export function growthPart({ node, cores, points }: Growth): string {
  const head = [
    'what grows',
    'size',
    'workers',
    's',
    'calls',
    'at once',
    'peak MB',
    'windows',
    'state rows',
    'most state rows',
    'rows',
    'MB read',
    'MB sent',
  ];
  const rows = points.map((point) => [
    nameOf(point),
    figure(point.size),
    point.processes === 1 ? figure(point.workers) : `${point.workers} in ${point.processes} processes`,
    ...[point.seconds, point.calls, point.mostAtOnce, point.peakMb, point.windows, point.stateRows].map(figure),
    ...[point.peakStateRows, point.rows, point.vendorBytes / 1e6, point.sentBytes / 1e6].map(figure),
  ]);
  const right = head.map((_, column) => column).slice(1);
  return `Node ${node}, ${cores} cores for everything.\n\n${table(head, rows, right)}`;
}

function nameOf({ series, records }: GrowthPoint): string {
  if (series === 'vm') return `detections a host, ${figure(records)} hosts`;
  return series === 'edr' ? 'EDR events' : `workers, ${figure(records)} EDR events`;
}

/** The large tenant: calls, bytes, instances, and what binds first. */
export function tenantPart(edr: FeedFigures, vm: FeedFigures): string {
  const cost = tenantCost(edr, vm);
  const uses = LEVELS.map(({ level }) => cost.limits.filter((use) => use.level === level));
  const limits = (uses[0] ?? []).map(({ limit }) => limit);
  const useRows = limits.map((limit) => {
    const found = uses.map((level) => level.find((use) => use.limit === limit));
    return [limit, figure(found[0]?.need ?? 0), ...found.map((use) => shareOf(use?.share ?? 0, use?.allowed ?? 0))];
  });
  const first = uses.map((level) => firstBound(level[0]));
  return [
    table(['what', 'arithmetic', 'figure'], tenantRows(cost, edr, vm), [2]),
    table(['limit', 'needed', ...LEVELS.map(({ level }) => level)], useRows, [1, 2, 3, 4]),
    first.join(' '),
  ].join('\n\n');
}

function shareOf(share: number, allowed: number): string {
  const text = `${figure(share * 100)} % of ${figure(allowed)}`;
  return share > 1 ? `**${text}**` : text;
}

function firstBound(use: TenantCost['limits'][number] | undefined): string {
  if (use === undefined) return '';
  const { level, limit, share } = use;
  const verdict =
    share > 1 ? `does not suffice: ${figure(share)} times its budget` : `suffices, ${figure(share * 100)} % used`;
  return `${level}: ${limit} bind first; the subscription ${verdict}.`;
}

function tenantRows(cost: TenantCost, edr: FeedFigures, vm: FeedFigures): string[][] {
  const { hosts, hostRunsPerDay, eventsPerDay, edrWindowMinutes, edrPageSize, vmTickMinutes, vmPageSize } = TENANT;
  const perWindow = Math.round((eventsPerDay * edrWindowMinutes) / 1440);
  const hostsPerTick = Math.round((hosts * hostRunsPerDay * vmTickMinutes) / 1440);
  const cores = TENANT.coreSpeed;
  return [
    ['events in a window', `${figure(eventsPerDay)} ÷ 1,440 min × ${edrWindowMinutes} min`, figure(perWindow)],
    ['EDR slices a window', 'halved until a slice holds at most 5,000', figure(cost.edr.slices)],
    ['EDR counts a window', 'one that splits, one a slice', figure(cost.edr.counts)],
    ['EDR pages a window', `${figure(edrPageSize)} events a page`, figure(cost.edr.pages)],
    [
      'EDR calls an hour',
      `(${figure(cost.edr.counts)} + ${figure(cost.edr.pages)}) × 60 ÷ ${edrWindowMinutes}`,
      figure(cost.edr.perHour),
    ],
    [
      'the same with the default settings',
      `windows of ${TENANT.edrTickMinutes} min by the ticks, 500 a page`,
      figure(cost.edrDefaults.perHour),
    ],
    ['hosts in a VM window', `${figure(hosts * hostRunsPerDay)} ÷ 48 ticks a day`, figure(hostsPerTick)],
    [
      'VM calls an hour',
      `(${figure(cost.vm.pages)} pages of ${figure(vmPageSize)} + ${cost.vm.lists} id list) × ${60 / vmTickMinutes}`,
      figure(cost.vm.perHour),
    ],
    [
      'EDR bytes an event',
      'read → sent, measured',
      `${figure(edr.vendorBytesPerRecord)} → ${figure(edr.sentBytesPerRecord)}`,
    ],
    [
      'VM bytes a host',
      `read → sent, measured, ${TENANT.detectionsPerHost} detections`,
      `${figure(vm.vendorBytesPerRecord)} → ${figure(vm.sentBytesPerRecord)}`,
    ],
    ['GB a day', 'read → sent', `${figure(cost.gigabytesPerDay.vendor)} → ${figure(cost.gigabytesPerDay.sent)}`],
    [
      'core seconds a day',
      `bytes read ÷ (${figure(edr.megabytesPerSecond)} and ${figure(vm.megabytesPerSecond)} MB/s × ${cores})`,
      figure(cost.coreSecondsPerDay),
    ],
    [
      'ingestion requests a minute',
      `bytes sent ÷ bytes a request (${figure(edr.bytesPerRequest)}, ${figure(vm.bytesPerRequest)})`,
      figure(cost.requestsPerMinute),
    ],
    ['ingestion MB a minute', 'bytes sent ÷ 1,440', figure(cost.megabytesPerMinute)],
    [
      'calls in progress',
      'calls × seconds ÷ 3,600: EDR + VM',
      `${figure(cost.permits.edr)} + ${figure(cost.permits.vm)}`,
    ],
    [
      'instances of 512 MB for the queue',
      `the greater of calls in progress ÷ ${TENANT.windowsPerInstance} and core seconds ÷ ${TENANT.instanceCores} ÷ 86,400`,
      figure(cost.instances),
    ],
    ['GB-seconds a day', `instances × 86,400 s × ${TENANT.instanceGb} GB, never idle`, figure(cost.gbSecondsPerDay)],
  ];
}

/** Three significant digits, thousands apart; whole numbers from 100 on. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const rounded = Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', { maximumFractionDigits: 6 });
}

function table(head: readonly string[], rows: readonly (readonly string[])[], right: readonly number[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const rule = head.map((_, column) => (right.includes(column) ? '--:' : '---'));
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}
