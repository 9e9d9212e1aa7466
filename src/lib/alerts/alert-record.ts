import { createHash } from 'node:crypto';
import type { AlertItem } from './ports.ts';
import type { AlertMinute } from './alert-minute.ts';

/**
 * Life of an alert. `posting` is the claim: whoever stores it posts. From there it is `done`, or back to `waiting` when it surely was not
 * taken; `undelivered` when that went on for too long; `uncertain` when nobody knows. `summarised` instead of all that, when it was too
 * many for its minute.
 */
export type AlertState = 'posting' | 'waiting' | 'done' | 'undelivered' | 'uncertain' | 'summarised';

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
  /** The minute in whose summary it is counted. */
  minute?: string;
  /** The minute that it is the summary of. */
  readonly summarises?: string;
  /** What is to be posted; absent once it is done or summarised. */
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

/** What changes together with a record. */
export interface BesideRecord {
  /** The minute that it counts in. */
  readonly minute: AlertMinute;
  /** The record of that minute's summary, for its first alert. */
  readonly summary?: AlertRecord | undefined;
}

/** Where alerts are stored. Methods throw RetryableError or ConfigError when the storage fails. */
export interface AlertStore {
  readonly read: (key: string) => Promise<AlertRecord | undefined>;
  /** Adds a record without an ETag, changes one with it, and the rest with it or not at all; false when somebody was faster. */
  readonly save: (record: AlertRecord, beside?: BesideRecord) => Promise<boolean>;
  /** Alerts that are neither done nor summarised, without their payloads, those given up first; at most `limit`. */
  readonly listOpen: (limit: number) => Promise<AlertRecord[]>;
  /** A minute; a new one when nothing has happened in it. */
  readonly readMinute: (minute: string) => Promise<AlertMinute>;
  /** Alerts summarised from a minute on. */
  readonly countSummarised: (fromMinute: string) => Promise<number>;
  /** The time from which events are posted, ISO 8601; undefined when none is kept. */
  readonly readStart: () => Promise<string | undefined>;
  /** Keeps that time unless one is kept; returns the one that is. */
  readonly keepStart: (start: string) => Promise<string>;
  /** Whether any alert is stored. */
  readonly isUsed: () => Promise<boolean>;
}
