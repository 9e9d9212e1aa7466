import type { World } from './world.ts';

/** Refused logins in a row that lock an account. */
const LOCKS_AT = 4;

/**
 * Whether user and password let somebody in. The fourth refused login in a row locks the account, which a right password does not unlock:
 * a person does that, with a new one.
 */
export function isLetIn({ settings, counters }: World, username: string, password: string): boolean {
  if (counters.password !== settings.password) {
    counters.password = settings.password;
    counters.refusedInARow = 0;
  }
  const isLocked = counters.refusedInARow >= LOCKS_AT;
  const isRight = username === settings.username && password === settings.password;
  if (isRight && !isLocked) {
    counters.refusedInARow = 0;
    return true;
  }
  counters.loginsRefused += 1;
  counters.refusedInARow += 1;
  return false;
}
