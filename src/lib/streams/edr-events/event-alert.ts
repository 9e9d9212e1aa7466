import { createHash } from 'node:crypto';
import type { Alert } from '../../pipeline/stream.ts';
import { alertEntities } from './alert-entities.ts';

/** A row of the table by its columns. */
export type AlertRow = Readonly<Record<string, unknown>>;

/** Longest payload, in bytes: it must fit a property of a table, which takes 32,768 characters. */
const MAX_PAYLOAD_BYTES = 30_000;
/** The same as a JSON string: with its envelope and in base64 it must fit a queue message, which takes 64 KB. */
const MAX_ESCAPED_BYTES = 44_000;
/** Longest texts tried, in characters, until the payload fits. */
const TEXT_LIMITS = [2000, 300, 60];
const MAX_LIST = 20;
/** An id longer than that is replaced by its hash. */
const MAX_ID = 500;
/** What a row has besides the columns of the event. */
const NOT_OF_THE_EVENT: ReadonlySet<string> = new Set([
  'TimeGenerated',
  'Record',
  'RecordPart',
  'RowKey',
  'PartNumber',
  'PartCount',
  'ParseError',
]);

/**
 * Makes the alert of a row: the fields of the vendor's connector for Chronicle SOAR under its names, and the columns of the table.
 * Undefined for a row that only goes on with a record.
 */
export function toAlert(json: Uint8Array): Alert | undefined {
  const row = JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8')) as AlertRow;
  if (row.PartNumber !== 1) return undefined;
  const [id, time] = [idOf(row), String(row.ProcessedTime ?? row.TimeGenerated)];
  for (const limit of TEXT_LIMITS) {
    const payload = JSON.stringify({
      ...head(row, id, limit),
      entities: alertEntities(row),
      event: eventOf(row, limit),
    });
    if (isShort(payload)) return { id, time, payload };
  }
  return { id, time, payload: JSON.stringify({ ...head(row, id, 60), entities: [], event: {} }) };
}

function isShort(payload: string): boolean {
  if (Buffer.byteLength(payload) > MAX_PAYLOAD_BYTES) return false;
  return Buffer.byteLength(JSON.stringify(payload)) <= MAX_ESCAPED_BYTES;
}

/** The event's id, or the row's key where the record has none. */
function idOf({ EventId, RowKey }: AlertRow): string {
  const id = typeof EventId === 'string' ? EventId : String(RowKey);
  return id.length <= MAX_ID ? id : `sha256:${createHash('sha256').update(id).digest('hex')}`;
}

function head(row: AlertRow, id: string, limit: number): object {
  const type = cutText(typeof row.EventType === 'string' ? row.EventType : 'EVENT', limit);
  const time = row.EventTime ?? row.ProcessedTime ?? row.TimeGenerated;
  return {
    version: 1,
    ticket_id: id,
    name: `Suspicious: ${type}`,
    rule_generator: type,
    vendor: 'Qualys',
    product: 'Qualys EDR',
    severity: row.Severity ?? null,
    priority: priorityOf(Number(row.Score)),
    score: row.Score,
    start_time: time,
    end_time: time,
  };
}

/** Priority as the vendor's connector means it; there, scores of 3 and 4 end in an error. */
function priorityOf(score: number): number {
  if (score >= 9) return 100;
  if (score >= 7) return 80;
  if (score >= 5) return 60;
  return score >= 3 ? 40 : -1;
}

function eventOf(row: AlertRow, limit: number): object {
  const told = Object.entries(row).filter(([name]) => !NOT_OF_THE_EVENT.has(name));
  return Object.fromEntries(told.map(([name, value]) => [name, cut(value, limit)]));
}

function cut(value: unknown, limit: number): unknown {
  if (Array.isArray(value)) return value.slice(0, MAX_LIST).map((each) => cut(each, limit));
  return typeof value === 'string' ? cutText(value, limit) : value;
}

function cutText(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1).toWellFormed()}…`;
}
