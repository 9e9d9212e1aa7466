import * as z from 'zod';
import { endOf, type AlertMinute } from './alert-minute.ts';
import { alertKey, type AlertRecord } from './alert-record.ts';
import { isOwnRow } from '../subscription-name.ts';

/** How many alerts a minute may bring, and where the rest is found. */
export interface AlertCap {
  readonly maxPerMinute: number;
  /** Lowest score of an alert. */
  readonly minScore: number;
  /** Table that has the rows. */
  readonly table: string;
  /** Of which Qualys subscription they are; absent or empty where its rows name none. */
  readonly subscription?: string;
}

/** A summary is posted so long after its minute: clocks of instances differ. */
const SETTLE_MS = 10_000;

/** What a summary tells of an alert. */
const told = z.object({
  score: z.number().catch(0),
  severity: z.string().optional().catch(undefined),
  priority: z.number().optional().catch(undefined),
  start_time: z.iso.datetime().optional().catch(undefined),
});

/** Counts an alert among those that are not posted. */
export function addToSummary(minute: AlertMinute, payload: string): void {
  const { score, severity, priority, start_time: time } = told.parse(JSON.parse(payload));
  minute.summarised++;
  if (minute.score === undefined || score > minute.score) {
    minute.score = score;
    Object.assign(minute, { severity, priority });
  }
  if (time === undefined) return;
  const at = new Date(time).toISOString();
  if (minute.firstTime === undefined || at < minute.firstTime) minute.firstTime = at;
  if (minute.lastTime === undefined || at > minute.lastTime) minute.lastTime = at;
}

/** Id of the summary of a minute, and of its ticket. */
export function summaryId(minute: string): string {
  return `summary-${minute}`;
}

/** The record of a minute's summary, which waits until the minute is over. */
export function newSummary(minute: AlertMinute, cap: AlertCap, now: Date): AlertRecord {
  const id = summaryId(minute.minute);
  return {
    key: alertKey(id),
    id,
    state: 'waiting',
    attempts: 0,
    since: now.toISOString(),
    at: now.toISOString(),
    notBefore: new Date(endOf(minute).getTime() + SETTLE_MS).toISOString(),
    summarises: minute.minute,
    payload: summaryPayload(minute, cap),
  };
}

/** What is posted of the alerts that were too many for a minute: the fields of an alert, and `summary`. */
export function summaryPayload(minute: AlertMinute, cap: AlertCap): string {
  const { maxPerMinute, table } = cap;
  const { summarised, score, severity, priority } = minute;
  const [first, last] = [minute.firstTime ?? minute.minute, minute.lastTime ?? endOf(minute).toISOString()];
  return JSON.stringify({
    version: 1,
    ticket_id: summaryId(minute.minute),
    name: `Suspicious: ${summarised} more alerts in a minute`,
    rule_generator: 'SUMMARY',
    vendor: 'Qualys',
    product: 'Qualys EDR',
    severity: severity ?? null,
    priority: priority ?? -1,
    score,
    start_time: first,
    end_time: last,
    entities: [],
    event: {},
    summary: {
      count: summarised,
      minute: minute.minute,
      max_per_minute: maxPerMinute,
      table,
      query: queryFor(cap, first, last),
    },
  });
}

/** Finds the rows of all alerts between two times, the posted ones too. Times of rows are finer than milliseconds. */
function queryFor({ minScore, subscription = '', table }: AlertCap, first: string, last: string): string {
  return [
    table,
    ...(subscription === '' ? [] : [`where ${isOwnRow(subscription)}`]),
    `where coalesce(EventTime, ProcessedTime, TimeGenerated) between (datetime(${first}) .. (datetime(${last}) + 1ms))`,
    `where Score >= ${minScore} and PartNumber == 1`,
    'summarize arg_max(TimeGenerated, *) by RowKey',
  ].join(' | ');
}
