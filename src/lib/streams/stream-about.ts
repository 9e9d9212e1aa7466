import type { TableColumn } from '../records/table-columns.ts';

/**
 * What of a stream only people and Azure need: `streams/<name>/about.ts`. The app never loads it; tables, docs and queries are generated
 * from it (`npm run generate`).
 */
export interface StreamAbout {
  /** What its table holds. */
  readonly description: string;
  readonly columns: readonly TableColumn[];
  /** Which API it reads, by which paths, and what the account needs for that: Markdown, for README's table. */
  readonly api: string;
  readonly role: string;
  /** Its usual schedule in words. */
  readonly schedule: string;
  /** What proves that a window of it is whole; where nothing does, that it says so. Whole sentences, Markdown. */
  readonly proof: string;
  /** KQL over its table, for the queries that watch all streams. */
  readonly kql: {
    /** Newest time that the data tells. */
    readonly newest: string;
    /** Which record a row is of. */
    readonly source: string;
    /** How long no row, or no newer time, may come before a rule says so, and why; absent where silence is no fault. */
    readonly alarm?: { readonly silent: string; readonly late: string; readonly why?: string };
  };
}
