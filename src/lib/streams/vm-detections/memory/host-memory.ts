import { createHash } from 'node:crypto';
import { isLate } from '../../../pipeline/look-back.ts';
import { CLOCKS_MS, type OpenMemory, type Sent } from '../../../pipeline/record-memory.ts';
import type { WindowTask } from '../../../pipeline/stream.ts';
import { clipIds, eachId } from '../../../qualys/vm/id-ranges.ts';
import { itemLimits } from '../../../records/item-limits.ts';
import type { StreamServices } from '../../stream-definition.ts';
import { passingPattern } from './host-digest.ts';
import { openSampler, type HostSampler } from './host-sampler.ts';
import { readState, type HostBase, type HostMemory, type HostVerdict } from './host-state.ts';
import { hostTable } from '../host-table.ts';
import { isBeyond, rangeLeft, rangeOf, type Reading, type VmCursor, type WindowMemory } from '../vm-cursor.ts';

/** Of how a digest is made; another one makes all that is remembered void. */
const VERSION = 1;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Opens the memory for a reading; undefined where hosts are sent whatever was sent before. */
export async function openMemory(
  { log, memory, window }: WindowTask,
  { clock, settings }: StreamServices,
  { filters }: VmCursor,
): Promise<WindowMemory | undefined> {
  if (memory === undefined) return undefined;
  if (settings.VM_INGEST === 'all') {
    await memory.leave();
    return undefined;
  }
  const own = rangeOf(window.slice);
  const overlaps = (slice: string | undefined): boolean => {
    const other = rangeOf(slice);
    return !(isBeyond(own.idMin ?? 0n, other) || isBeyond(other.idMin ?? 0n, own));
  };
  // In this order: what is read beside ends by what it has written to the memory.
  const isLeavingOut = window.run === 'live' && !isLate(window) && !(await memory.isReadBeside(overlaps));
  const { VM_PASSING_FIELDS: passing, VM_REFRESH_DAYS: days } = settings;
  const isTurn = (id: bigint, wholeAt: number, now: number): boolean => isDue(id, wholeAt, now, days);
  return {
    open: await memory.open(scopeOf(settings, filters)),
    passing: passingPattern(passing),
    isLeavingOut,
    sampler: memory.sample && openSampler(memory.sample, { clock, isDue: isTurn, log, passing }),
  };
}

/** All on which it depends, beside a host, whether the table has it as it is. */
function scopeOf(settings: StreamServices['settings'], filters: string): string {
  const { table } = hostTable(itemLimits(), settings.QUALYS_SUBSCRIPTION);
  const about = {
    version: VERSION,
    endpoint: settings.LOGS_INGESTION_ENDPOINT,
    rule: settings.LOGS_INGESTION_RULE_ID,
    ruleFilter: settings.VM_RULE_FILTER,
    vendor: settings.QUALYS_API_URL,
    api: settings.VM_API_VERSION,
    filters,
    results: String(settings.VM_RESULTS),
    passing: settings.VM_PASSING_FIELDS,
    columns: table.columns.map(({ key }) => key),
    subscription: settings.QUALYS_SUBSCRIPTION,
    // Who reads rows of whole hosts only has them all, whatever was told before.
    ...(settings.VM_INGEST === 'changes' ? { rows: 'changes' } : {}),
  };
  return createHash('sha256').update(JSON.stringify(about)).digest('hex');
}

/**
 * What is remembered of the hosts of the page that comes next. Without a list of them nothing is looked up, and all are sent.
 * @param isAllWhole whether all are sent whatever is remembered.
 */
export async function recallHosts(
  reading: Reading,
  cursor: VmCursor,
  isAllWhole: boolean,
): Promise<HostMemory | undefined> {
  const { book, memory, services } = reading;
  if (memory === undefined) return undefined;
  const { isLeavingOut, open, passing, sampler } = memory;
  const isOfChanges = services.settings.VM_INGEST === 'changes';
  if (!isLeavingOut || isAllWhole || book.listed === undefined)
    return { passing, judge: () => 'uncompared', ...(isOfChanges ? { base: () => undefined } : {}) };
  const { idMin } = rangeLeft(reading, cursor);
  const left = clipIds(book.listed, { idMin });
  const { settings, clock } = services;
  const ids = eachId(left).take(settings.VM_TRUNCATION_LIMIT).toArray();
  await Promise.all([open.recall(ids), sampler?.recall(ids)]);
  const { VM_REFRESH_DAYS: days } = settings;
  return hostMemory({ known: open.known, now: clock.now().getTime(), days, passing, isOfChanges, sampler });
}

/** What hosts are compared with, by what is known of them. */
export function hostMemory({
  days,
  isOfChanges,
  known,
  now,
  passing,
  sampler,
}: {
  readonly known: OpenMemory['known'];
  readonly now: number;
  readonly days: number;
  readonly passing: RegExp;
  readonly isOfChanges: boolean;
  readonly sampler?: HostSampler | undefined;
}): HostMemory {
  return {
    passing,
    ...(isOfChanges ? { base: (id) => baseOf(id, known(id), now, days) } : {}),
    isSampled: (id) => sampler?.isSampled(id) === true,
    judge: (id, digest, texts) => {
      const sent = isOfChanges ? wholeOf(known(id)) : known(id);
      const verdict = judgeHost(id, digest, sent, now, days);
      if (texts !== undefined) sampler?.take({ id, digest, known: sent?.digest, texts, verdict });
      return verdict;
    },
  };
}

/** When a host was sent whole, and its state since. */
function wholeOf(sent: Sent | undefined): Sent | undefined {
  if (sent === undefined) return undefined;
  const { digest, wholeAt } = readState(sent.digest);
  return { digest, at: wholeAt };
}

/**
 * What a report of changes may build upon. Not what is so young that a clock beside may have dated it behind the report: reports are put in order by
 * their time. Nor what is due to be sent whole.
 */
function baseOf(id: string, sent: Sent | undefined, now: number, refreshDays: number): HostBase | undefined {
  if (sent === undefined || now - sent.at < CLOCKS_MS) return undefined;
  const state = readState(sent.digest);
  if (isDue(BigInt(id), state.wholeAt, now, refreshDays)) return undefined;
  return { ...state, stored: sent.digest, isSilent: now - sent.at >= DAY_MS };
}

/** Whether a host of this digest need not be sent, by what was sent of it last. */
function judgeHost(id: string, digest: string, sent: Sent | undefined, now: number, refreshDays: number): HostVerdict {
  if (sent === undefined) return 'unknown';
  if (sent.digest !== digest) return 'changed';
  return isDue(BigInt(id), sent.at, now, refreshDays) ? 'refresh' : 'unchanged';
}

/**
 * Whether a host is to be sent again although it has not changed. The turn of each host is another one, so that not all come on one day; what was
 * sent within the last day has had it.
 */
export function isDue(id: bigint, sentAt: number, now: number, refreshDays: number): boolean {
  const hours = refreshDays * 24;
  // Neighbours are often scanned together; 11 has no divisor in common with the hours of a few days.
  const turn = Number((id * 11n) % BigInt(hours));
  const roundOf = (time: number): number => Math.floor((Math.floor(time / HOUR_MS) + turn) / hours);
  return roundOf(now) !== roundOf(sentAt) && now - sentAt >= DAY_MS;
}
