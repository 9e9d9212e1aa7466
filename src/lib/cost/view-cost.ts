import type { Billed } from './billed-bytes.ts';
import { sumOfCauses } from './causes.ts';
import type { CostAnswer, Month, SentVolume, Volume } from './cost-answer.ts';
import { type CostSettings, modesOf, type ReceivedHosts } from './modes.ts';
import { BYTES_A_GIGABYTE, DAY_MS, dayOf, sumOf, type SentRow } from './sent.ts';
import { otherBytes, viewCauses, type CausedBytes } from './view-causes.ts';

const HOUR_MS = 3_600_000;
const WEEK_DAYS = 7;
const MONTH_DAYS = 30;

/** The first day that a view needs: of the one before the week it only counts whether it was counted. */
export function firstDay(now: Date): string {
  return dayOf(now.getTime() - WEEK_DAYS * DAY_MS);
}

/** Tells what was sent and what that costs, by the rows of `firstDay` and later, of these streams and of all others that have sent. Pure. */
export function viewCost(
  rows: readonly SentRow[],
  enabled: readonly string[],
  settings: CostSettings,
  hosts: ReceivedHosts,
  now: Date,
): CostAnswer {
  const streams = [...new Set([...enabled, ...rows.flatMap(({ streams: sums }) => Object.keys(sums))])];
  const from = countedFrom(rows, now);
  const price = settings.PRICE_PER_GB;
  const monthOf = (bytes: number): Month | null => {
    const elapsedMs = from === undefined ? 0 : now.getTime() - Date.parse(from);
    if (elapsedMs < HOUR_MS) return null;
    const gigabytes = ((bytes / elapsedMs) * DAY_MS * MONTH_DAYS) / BYTES_A_GIGABYTE;
    return { gigabytes: rounded(gigabytes), price: rounded(gigabytes * price) };
  };
  const volumeOf = (names: readonly string[]): SentVolume & { readonly sent: Billed } => {
    const sumFrom = (first: string, last: string): Billed =>
      sumOf(
        rows
          .filter(({ day }) => day >= first && day <= last)
          .flatMap(({ streams: sums }) => names.map((name) => sums[name])),
      );
    const day = (ago: number): string => dayOf(now.getTime() - ago * DAY_MS);
    const sent = sumFrom(day(WEEK_DAYS - 1), day(0));
    return {
      today: toVolume(sumFrom(day(0), day(0))),
      yesterday: toVolume(sumFrom(day(1), day(1))),
      week: toVolume(sent),
      month: monthOf(sent.bytes),
      sent,
    };
  };
  // Rows of an earlier release know no causes.
  const causedOf = (name: string): CausedBytes => {
    const known = rows.filter(({ day, causes }) => day > firstDay(now) && causes?.[name] !== undefined);
    const causes = sumOfCauses(known.map(({ causes: sums }) => sums?.[name]));
    return { causes, bytes: sumOf(known.map(({ streams: sums }) => sums[name])).bytes };
  };
  const { sent: _, ...total } = volumeOf(streams);
  return {
    time: now.toISOString(),
    pricePerGb: price,
    countedFrom: from ?? null,
    streams: streams.map((name) => {
      const { sent, ...volume } = volumeOf([name]);
      const caused = causedOf(name);
      const ingested = { ...hosts, otherBytes: otherBytes(caused, settings.VM_INGEST) };
      const modes = modesOf(name, sent, settings, ingested).map(({ bytes, ...mode }) => ({
        ...mode,
        month: bytes === null ? null : monthOf(bytes),
      }));
      const causes = viewCauses(caused, settings, (share) => monthOf(share * sent.bytes));
      return { name, ...volume, modes, causes };
    }),
    total,
  };
}

/** Where the week begins: at midnight where the day before was counted too, else with the first process that counted. */
function countedFrom(rows: readonly SentRow[], now: Date): string | undefined {
  const before = firstDay(now);
  const midnight = `${dayOf(now.getTime() - (WEEK_DAYS - 1) * DAY_MS)}T00:00:00.000Z`;
  if (rows.some(({ day }) => day === before)) return midnight;
  return rows.map(({ since }) => since).sort()[0];
}

function toVolume({ rows, bytes }: Billed): Volume {
  return { rows, bytes };
}

function rounded(number: number): number {
  return Math.round(number * 1000) / 1000;
}
