import type { Settings } from '../../config.ts';
import { hasWebhook } from '../../setting-rules.ts';
import { FatalError } from '../../errors.ts';
import type { Progress, WindowTask } from '../../pipeline/stream.ts';
import type { QualysAnswer } from '../../qualys/call/qualys-answer.ts';
import { BrokenTextError, judgeBrokenText } from '../broken-text.ts';
import { takeExcess } from '../held-chunks.ts';
import type { StreamServices } from '../stream-definition.ts';
import { createEdrPageDecoder, type EdrPageDecoder, type EdrPageEnd } from './decode-page.ts';
import { toJson, type EdrCursor } from './edr-cursor.ts';
import { toAlert } from './event-alert.ts';
import type { EdrChunk, EdrPageOptions } from './event-page.ts';
import type { WindowKeys } from './window-keys.ts';

/** A step of which the cursor is still to be told. */
type Step = Omit<Progress, 'cursor'>;
type Beside = NonNullable<EdrCursor['beside']>;

/** What reading a page needs. */
export interface PageReading {
  readonly task: WindowTask;
  readonly services: StreamServices;
  readonly keys: WindowKeys;
  readonly missedAt: EdrPageOptions['missedAt'];
  /** Asked before anything of the page is given: whether it is to be given at all. */
  readonly admits: (end: EdrPageEnd) => Promise<boolean>;
}

/** A page that was read to its end. */
export interface ReadPage {
  readonly end: EdrPageEnd;
  readonly last: Step;
  /** What the read has brought of the seconds beside the window, up to its end. */
  readonly beside: Beside;
  /** Whether an answer of 200 held nothing at all: an empty page is `[]`, or 204. */
  readonly isBlank: boolean;
}

const SPACE = 0x20;
/** Records that may lie outside, as a part of a full page. */
const MAX_OUTSIDE = 0.1;
const ROUTES = { pages: '/ioc/events', searchAfter: '/ioc/events/searchAfter' } as const;

/**
 * Gives all of a page but its last step, which is stored with the cursor of the next page.
 * @returns undefined for a page that is not admitted.
 * @throws BrokenTextError as soon as text is seen that is to be read again before it is repaired.
 * @throws FatalError before any of it is given, where more than a tenth of a full page is of another time: the vendor ignores the filter.
 */
export async function* readPage(
  reading: PageReading,
  answer: QualysAnswer,
  cursor: EdrCursor,
): AsyncGenerator<Progress, ReadPage | undefined> {
  const { task, keys } = reading;
  const decoder = startDecoder(reading, cursor);
  const held: EdrChunk[] = [];
  let isGiven = false;
  let isBlank = answer.status === 200;
  let beside = cursor.beside ?? { before: 0, behind: 0 };
  const stepOf = (chunk: EdrChunk): Progress => {
    beside = add(beside, chunk);
    return { ...toStep(keys, chunk), cursor: toJson({ ...cursor, beside }) };
  };
  try {
    for await (const bytes of answer.body) {
      isBlank &&= !hasText(bytes);
      held.push(...decoder.write(bytes));
      checkOutside(decoder, cursor, task);
      for (const chunk of takeExcess(held)) {
        isGiven = true;
        yield stepOf(chunk);
      }
    }
    const { chunks, end } = decoder.end();
    checkOutside(decoder, cursor, task);
    if (!isGiven && !(await reading.admits(end))) return undefined;
    const steps = [...held, ...chunks].map(stepOf);
    // Records behind the last row gave none themselves, being of another window; they were received all the same.
    const rest = keys.receive(end.rest.fetched);
    beside = add(beside, end.rest);
    const last = end.rest.fetched.length > 0 ? rest : (steps.pop() ?? rest);
    yield* steps;
    if (end.unreadable > 0) task.log.warn('RecordUnreadable', { records: end.unreadable });
    if (end.outside > 0) task.log.warn('RecordsOutside', { records: end.outside });
    const { characters, repaired } = end;
    if (repaired > 0) task.log.warn('RecordsRepaired', { records: repaired, characters });
    return { end, last, beside, isBlank };
  } catch (error) {
    if (error instanceof BrokenTextError) yield { cursor: toJson({ ...cursor, broken: error.broken }) };
    throw error;
  } finally {
    answer.cancel();
  }
}

function startDecoder({ keys, missedAt, services, task }: PageReading, { broken, mode }: EdrCursor): EdrPageDecoder {
  const { clock, edr, settings } = services;
  const now = clock.now();
  return createEdrPageDecoder({
    generatedAt: now,
    window: task.window,
    timeField: settings.EDR_TIME_FIELD,
    zoneMinutes: settings.EDR_TIME_ZONE,
    subscription: settings.QUALYS_SUBSCRIPTION,
    severityTable: settings.EDR_SEVERITY_TABLE,
    record: settings.EDR_RECORD,
    alertScore: alertScoreFor(task, settings),
    missedAt,
    isUploaded: (key) => keys.isUploaded(key),
    isFetched: (key) => keys.isFetched(key),
    onBroken: judgeBrokenText({ api: edr, route: ROUTES[mode], now, before: broken }),
  });
}

function add(beside: Beside, { before, behind }: Beside): Beside {
  return { before: beside.before + before, behind: beside.behind + behind };
}

function hasText(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte > SPACE);
}

function checkOutside(decoder: EdrPageDecoder, { size }: EdrCursor, { acceptsOutside }: WindowTask): void {
  const outside = decoder.outside();
  if (acceptsOutside === true || outside <= size * MAX_OUTSIDE) return;
  throw new FatalError(
    `Qualys ignores the time filter: ${outside} events of a page of ${size} are of another time by EDR_TIME_FIELD; check EDR_TIME_TOKEN, EDR_TIME_FIELD and EDR_TIME_ZONE, or retry the window with accept=outside`,
  );
}

function toStep(keys: WindowKeys, chunk: EdrChunk): Step {
  const { fetched, ledger } = keys.receive(chunk.fetched);
  const { json, rows, alertRows, missingSeconds, repaired, outside } = chunk;
  const alerts = alertRows.map(toAlert).filter((alert) => alert !== undefined);
  const missing = missingSeconds === undefined ? {} : { missingSeconds };
  const ledgers = { ...ledger, ...keys.upload(chunk.uploaded) };
  return { chunk: { json, rows, alerts }, fetched, repaired, outside, ...missing, ledger: ledgers };
}

/** What a backfill reads happened long ago: nobody is to be called for it. */
function alertScoreFor({ window }: WindowTask, settings: Settings): number | undefined {
  return hasWebhook(settings) && window.run === 'live' ? settings.ALERT_MIN_SCORE : undefined;
}
