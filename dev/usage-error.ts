/** What the one who starts a program can put right: an option, a variable, a folder or port that is taken. Its message says all. */
export class UsageError extends Error {
  override name = 'UsageError';
}
