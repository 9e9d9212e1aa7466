/** Levels of the Functions host, least first. */
export const logLevels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const;

/** A level of the Functions host. */
export type LogLevel = (typeof logLevels)[number];

/** One line of the host's log. */
export interface HostLogEntry {
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly level: LogLevel;
  /** As in Azure: `Host.…`, `Function.<name>` for the host's words, `Function.<name>.User` for the app's. */
  readonly category: string;
  readonly message: string;
  readonly invocationId?: string;
}

/** Where the host's log goes. */
export type HostLog = (entry: HostLogEntry) => void;

/** Writes one line under a category. */
export type CategoryLog = (level: LogLevel, message: string, invocationId?: string) => void;

/** Binds a log to a category. */
export function createCategoryLog(log: HostLog, category: string): CategoryLog {
  return (level, message, invocationId) =>
    log({
      time: new Date().toISOString(),
      level,
      category,
      message,
      ...(invocationId === undefined ? {} : { invocationId }),
    });
}

/** The level set for the longest prefix of the category, as `logging.logLevel` of host.json means it. */
export function findLogLevel(levels: Readonly<Record<string, LogLevel>>, category: string): LogLevel {
  const parts = category.split('.');
  for (let length = parts.length; length > 0; length--) {
    const level = levels[parts.slice(0, length).join('.')];
    if (level !== undefined) {
      return level;
    }
  }
  return levels.default ?? 'information';
}

/** Drops what lies below the level set for its category. */
export function filterLog(log: HostLog, levels: Readonly<Record<string, LogLevel>>): HostLog {
  return (entry) => {
    if (logLevels.indexOf(entry.level) >= logLevels.indexOf(findLogLevel(levels, entry.category))) {
      log(entry);
    }
  };
}

/** The line that `func start` would print. */
export function formatLogText(entry: HostLogEntry): string {
  const level = entry.level === 'information' ? '' : `${entry.level}: `;
  return `[${entry.time}] ${level}${entry.message}`;
}

/** One JSON object a line. */
export function formatLogJson(entry: HostLogEntry): string {
  return JSON.stringify(entry);
}
