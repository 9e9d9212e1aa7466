/** What the exit code of every command means. */
export const EXIT = {
  /** Done, and all is well. */
  fine: 0,
  /** The connector answers, and tells of a problem: a check fails, a window failed, a backfill did not bring everything. */
  problem: 1,
  /** Wrong usage: an option, a time, or something that the connector does not know. */
  usage: 2,
  /** The connector cannot be reached, refuses the key, or something else answers in its place. */
  unreachable: 3,
} as const;

/** A failure to be told in one line, with what to do about it. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: number;
  /** What to do, in a line of its own. */
  readonly hint: string | undefined;
  /** Whether the same may succeed a little later; then perhaps not before so many milliseconds. */
  readonly passing: { readonly retryAfterMs: number } | undefined;
  constructor(
    exitCode: number,
    message: string,
    { hint, passing }: { readonly hint?: string; readonly passing?: { readonly retryAfterMs: number } } = {},
  ) {
    super(message);
    this.exitCode = exitCode;
    this.hint = hint;
    this.passing = passing;
  }
}
