import type { IngestionStats } from './ingestion-stats.ts';

const WORDS = {
  cut: 'cut at 64 KB',
  dropped: 'dropped, because the table has no such column',
  unconverted: 'not converted',
};

/** What a local endpoint has not kept as it was sent, a line a column: in Azure it would be lost in silence. */
export async function findLostValues(url: string): Promise<string[]> {
  const { tables } = (await (await fetch(`${url}/_ingestion/stats`)).json()) as IngestionStats;
  return Object.entries(tables).flatMap(([table, { columns }]) =>
    Object.entries(columns).flatMap(([column, losses]) =>
      Object.entries(losses).map(
        ([loss, count]) => `${table}.${column}: ${count} values ${WORDS[loss as keyof typeof WORDS]}`,
      ),
    ),
  );
}
