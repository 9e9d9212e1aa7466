import type { BrokenElement } from '../../json/read-array.ts';
import type { ScoredSeverity } from './severity.ts';

/** What a page of events is decoded with. */
export interface EdrPageOptions {
  /** Stands for the time of events that tell none. */
  readonly generatedAt: Date;
  /**
   * Half-open `[from, to)`, ISO 8601 UTC. Events of the second before and of the second behind it are received, but not emitted, because the
   * windows beside it read them too; before the first window of a run there is none. All others are emitted, whatever their time says.
   */
  readonly window: { readonly from: string; readonly to: string; readonly isFirst?: boolean };
  /** Dotted path of that time in the record, e.g. `eventProcessedTime`. */
  readonly timeField: string;
  /** Offset from UTC of times that tell none, in minutes; 0 when left out. */
  readonly zoneMinutes?: number;
  /** How much of an event stands in `Record`: what no column gives back, all (when left out) or nothing. */
  readonly record?: 'rest' | 'full' | 'none';
  /** Stands in each row, and tells its rows from those of other subscriptions; absent or empty for none. */
  readonly subscription?: string;
  /** Highest limit first. */
  readonly severityTable: readonly ScoredSeverity[];
  /** Lowest score of rows whose text comes with their chunk besides, to make alerts of; none when left out. */
  readonly alertScore?: number | undefined;
  /** When a record of that time was still missing that is new now, both in epoch milliseconds; absent where nothing late is read. */
  readonly missedAt?: ((time: number) => number) | undefined;
  /** Whether a row was accepted before, by its 16-byte ledger key, one character a byte; it is not emitted again. */
  readonly isUploaded: (rowKey: string) => boolean;
  /** Whether a document was received before, by its 16-byte key: its content, and how often it came on one page. */
  readonly isFetched: (documentKey: string) => boolean;
  /** Told of each record that holds what may not stand in JSON, before it is repaired; throws to refuse the page. */
  readonly onBroken?: (record: BrokenElement) => void;
}
