import { AsyncLocalStorage } from 'node:async_hooks';

/** Values a log line may carry. Never a body, a header, or a query that may hold a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** Structured log: one JSON line an event, named `<Noun><PastVerb>[Error]`. */
export interface Log {
  /** Normal progress. */
  readonly info: (event: string, fields?: LogFields) => void;
  /** Recovered or will recover; nothing is lost. */
  readonly warn: (event: string, fields?: LogFields) => void;
  /** Data is at risk or an operator is needed. */
  readonly error: (event: string, fields?: LogFields) => void;
  /** The same log with fields that stand on each line. */
  readonly with: (fields: LogFields) => Log;
}

/** Where lines go: one method a level, as `InvocationContext` has. */
export interface LogTarget {
  readonly info: (line: string) => void;
  readonly warn: (line: string) => void;
  readonly error: (line: string) => void;
}

const REDACTED = '[redacted]';
const JWT = /\beyJ[\w-]{4,}\.[\w-]+\.[\w-]*/g;
const AUTHORIZATION = /\b(Basic|Bearer)\s+[\w+/=.~-]{6,}/g;
const SECRET_PAIR = /\b(password|sig|AccountKey|SharedAccessKey)=[^&;\s"]+/gi;

/** The one place that takes credentials out of text before it is logged, stored or answered. */
export function redact(text: string): string {
  return text.replace(JWT, REDACTED).replace(AUTHORIZATION, `$1 ${REDACTED}`).replace(SECRET_PAIR, `$1=${REDACTED}`);
}

/** Makes a log that writes JSON lines to `target`. */
export function createLog(target: LogTarget, fields: LogFields = {}): Log {
  const line = (event: string, more: LogFields = {}): string => redact(JSON.stringify({ event, ...fields, ...more }));
  return {
    info: (event, more) => target.info(line(event, more)),
    warn: (event, more) => target.warn(line(event, more)),
    error: (event, more) => target.error(line(event, more)),
    with: (more) => createLog(target, { ...fields, ...more }),
  };
}

const current = new AsyncLocalStorage<LogTarget>();
const standardError: LogTarget = {
  info: (line) => process.stderr.write(`${line}\n`),
  warn: (line) => process.stderr.write(`${line}\n`),
  error: (line) => process.stderr.write(`${line}\n`),
};

/** Runs an invocation so that all it logs goes to its own context, as the Functions host wants it. */
export function withLogTarget<T>(target: LogTarget, run: () => T): T {
  return current.run(target, run);
}

/** The log of the invocation that runs; outside of one, standard error. */
export const ambientLog: Log = createLog({
  info: (line) => (current.getStore() ?? standardError).info(line),
  warn: (line) => (current.getStore() ?? standardError).warn(line),
  error: (line) => (current.getStore() ?? standardError).error(line),
});
