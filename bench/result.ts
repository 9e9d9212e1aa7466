/** One line of the benchmark: our figure beside a rival's, measured in the same run on the same input. */
export interface BenchResult {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly rival: number;
  readonly rivalName: string;
  /** How many times better than the rival; with `isBound`, ours ÷ the bound. */
  readonly ratio: number;
  /** What the ratio has to reach; with `isBound`, what it may not exceed. */
  readonly goal: number;
  /** Set where less is better. */
  readonly isBound?: true;
  /** Computed from the figures of this run. */
  readonly holds: boolean;
}

/** The middle of several figures. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  const [upper = Number.NaN, lower = upper] = [sorted[middle], sorted[middle - 1]];
  return sorted.length % 2 === 1 ? upper : (lower + upper) / 2;
}
