import { ConfigError } from './errors.ts';
import { redact } from './log.ts';
import { SECRET_SETTINGS } from './setting-rules.ts';

/** A setting at fault. */
export interface Problem {
  readonly message: string;
  /** What was given, never a secret; absent for a setting that is missing. */
  readonly given?: string;
}

/** One error for all settings at fault, each told once. */
export function settingsError(problems: readonly Problem[]): ConfigError {
  const full = problems.map(({ message, given }) => (given === undefined ? message : `${message}, given ${given}`));
  const publicMessage = `Settings: ${[...new Set(problems.map(({ message }) => message))].join('; ')}`;
  return new ConfigError(`Settings: ${[...new Set(full)].join('; ')}`, { publicMessage });
}

/** What is wrong with one: somebody may have put a password into a URL or a signature into a query. */
export function describeProblem(name: string, value: string | undefined, allowed: string): Problem {
  if (value === undefined) return { message: `${name} must be set` };
  return {
    message: `${name} ${allowed}`,
    given: SECRET_SETTINGS.has(name) ? 'a secret value' : JSON.stringify(redact(value).slice(0, 100)),
  };
}
