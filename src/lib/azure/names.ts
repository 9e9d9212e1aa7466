/** Names of what the app keeps in its storage account; Bicep declares the same (checked by `npm run check:infra`). */

/** Queue of work items. */
export const QUEUE_NAME = 'qualys-fetch';

/** Queue of alerts to be posted. */
export const ALERT_QUEUE_NAME = 'qualys-alerts';

/** Queue of wake-ups of planners. */
export const WAKE_UP_QUEUE_NAME = 'qualys-wake-ups';

/** Where the Functions host puts a message of a queue after its last attempt. */
export function poisonNameOf(queue: string): string {
  return `${queue}-poison`;
}

/** Storage tables, by role. */
export const TABLE_NAMES = {
  watermarks: 'QualysWatermarks',
  windows: 'QualysWindows',
  backfills: 'QualysBackfills',
  limits: 'QualysLimits',
  audit: 'QualysAudit',
  alerts: 'QualysAlerts',
  sent: 'QualysSent',
  memory: 'QualysMemory',
} as const;

/** Blob container of what could not be ingested. */
export const DEAD_LETTER_CONTAINER = 'qualys-dead-letters';

/** Blob container of traced calls to the vendor. */
export const TRACE_CONTAINER = 'qualys-traces';
