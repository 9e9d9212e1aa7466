/** Bounds in time. */
export interface Bounds {
  readonly from: Date;
  readonly to: Date;
}

/** Rows of a query, by the names of their columns; times as ISO 8601. */
export interface LogRows {
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Why rows may be missing although some came. */
  readonly partialError?: string;
}

/** Reads what was ingested. */
export interface LogsReader {
  /**
   * Runs a KQL query over rows whose `TimeGenerated` is within `[from, to]`.
   * @throws ConfigError, FatalError, RetryableError or WaitError; the signal's reason when aborted.
   */
  readonly query: (kql: string, span: Bounds, signal: AbortSignal) => Promise<LogRows>;
}
