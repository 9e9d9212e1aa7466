import { createHash } from 'node:crypto';
import type { AlertItem } from '../pipeline/ports.ts';

/**
 * Life of an alert. `posting` is the claim: whoever stores it posts. From there it is `done`, or back to `waiting` when it surely was not
 * taken; `undelivered` when that went on for too long; `uncertain` when nobody knows.
 */
export type AlertState = 'posting' | 'waiting' | 'done' | 'undelivered' | 'uncertain';

/** What is stored of an alert: one record an event id, for good. */
export interface AlertRecord {
  /** Hash of the id. */
  readonly key: string;
  readonly id: string;
  state: AlertState;
  /** Posts that were refused since `since`. */
  attempts: number;
  /** When it was first to be posted, or was queued again, ISO 8601. */
  since: string;
  /** When the state was stored. */
  at: string;
  /** Not to be posted before this time. */
  notBefore?: string;
  /** Why it waits or was given up, without secrets. */
  lastError?: string;
  /** Who claimed it, to tell an own claim whose answer was lost from another's. */
  owner?: string;
  /** What is to be posted; absent once it is done. */
  payload?: string;
  /** ETag of the stored record. */
  etag?: string;
}

/** Key of an alert's record. */
export function alertKey(id: string): string {
  return createHash('sha256').update(id).digest('hex');
}

/** The record of an alert that is claimed for the first time. */
export function newAlertRecord({ id, payload }: AlertItem, now: Date): AlertRecord {
  const at = now.toISOString();
  return { key: alertKey(id), id, state: 'posting', attempts: 0, since: at, at, payload };
}

/** The message for an alert that is stored; undefined once its payload is gone. */
export function alertItemOf({ id, since, payload }: AlertRecord): AlertItem | undefined {
  return payload === undefined ? undefined : { version: 1, id, payload, queuedAt: since };
}

/** Where alerts are stored. Methods throw RetryableError or ConfigError when the storage fails. */
export interface AlertStore {
  readonly read: (key: string) => Promise<AlertRecord | undefined>;
  /** Adds a record without an ETag, changes one with it; false when somebody was faster. */
  readonly save: (record: AlertRecord) => Promise<boolean>;
  /** Alerts that are not done, without their payloads; at most `limit`. */
  readonly listOpen: (limit: number) => Promise<AlertRecord[]>;
}
