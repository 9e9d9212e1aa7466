import { isExpected, messageOf } from '../src/lib/errors.ts';
import { UsageError } from './usage-error.ts';

/** What an error says to a developer: its message where it was thrown on purpose, else its stack. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error) || isMeant(error)) return messageOf(error);
  return error.stack ?? messageOf(error);
}

/** A port that is taken is nobody's bug, either. */
function isMeant(error: Error): boolean {
  return error instanceof UsageError || isExpected(error) || (error as NodeJS.ErrnoException).syscall === 'listen';
}
