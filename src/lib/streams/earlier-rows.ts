import type { Settings } from '../config.ts';
import type { EarlierRows } from '../pipeline/find-start.ts';
import type { Restart, Stream } from '../pipeline/stream.ts';

/** An account that was made together with the installation is no more than hours younger than its other parts. */
const REPLACED_AFTER_MS = 86_400_000;

/** What may tell that the table of a stream holds rows from before it lost its watermark. */
export function earlierRows(
  { table }: Stream,
  { setting, column }: Restart,
  settings: Settings,
  newestRow: (table: string, column: string) => Promise<Date | undefined>,
): EarlierRows {
  const { INSTALLED_AT: installed, STORAGE_CREATED_AT: created } = settings;
  return {
    setting,
    isReplaced: Number(created ?? Number.NaN) - Number(installed ?? Number.NaN) > REPLACED_AFTER_MS,
    ...(settings.LOGS_QUERY_WORKSPACE_ID === undefined ? {} : { newest: () => newestRow(table, column(settings)) }),
  };
}
