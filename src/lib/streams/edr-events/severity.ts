/** A severity and the lowest score that has it. */
export interface ScoredSeverity {
  readonly from: number;
  readonly severity: string;
}

/**
 * Severity of a score: that of the highest limit it reaches; undefined below all of them and for events without a
 * score. Two vendor scales exist, so the table is a setting (`EDR_SEVERITY_TABLE`).
 * @param table lowest scores and severities, highest first.
 */
export function severityOf(score: number | undefined, table: readonly ScoredSeverity[]): string | undefined {
  return score === undefined ? undefined : table.find(({ from }) => score >= from)?.severity;
}
