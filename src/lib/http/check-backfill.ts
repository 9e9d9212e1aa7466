import { isExisting } from '../setting-kinds.ts';
import { ProblemError } from './problem.ts';
import { isRunning } from '../pipeline/backfill.ts';
import type { Stream } from '../pipeline/stream.ts';
import { ceilSecond, floorSecond, isoSeconds } from '../pipeline/window.ts';
import type { Services } from '../services.ts';

/** What a request is checked against. */
type Present = Pick<Services, 'backfills' | 'settings'> & {
  /** Enabled streams. */
  readonly streams: readonly Pick<Stream, 'name' | 'isSnapshot'>[];
};

/** A range that may be read again, on whole seconds. */
export interface BackfillRange {
  readonly stream: string;
  readonly from: Date;
  readonly to: Date;
}

const DAY_MS = 86_400_000;
const ISO = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:?\d{2}))?$/;

/** Checks what an operator asks for. @throws ProblemError (400, 409) that names every wrong field. */
export async function checkBackfill(
  wanted: { readonly stream: string; readonly from: string; readonly to: string },
  present: Present,
): Promise<BackfillRange> {
  const errors: string[] = [];
  errors.push(...streamErrors(wanted.stream, present.streams));
  const from = timeOf('from', wanted.from, errors);
  const to = timeOf('to', wanted.to, errors);
  if (from !== undefined && to !== undefined) errors.push(...rangeErrors(from, to, present));
  if (from === undefined || to === undefined || errors.length > 0)
    throw new ProblemError(400, errors.join('; '), errors);
  const range = { stream: wanted.stream, from: new Date(floorSecond(from)), to: new Date(ceilSecond(to)) };
  await checkAgainstState(range, present);
  return range;
}

function streamErrors(name: string, streams: Present['streams']): string[] {
  const allowed = streams.filter(({ isSnapshot }) => isSnapshot !== true);
  if (allowed.some((stream) => stream.name === name)) return [];
  const given = `given ${JSON.stringify(name)}`;
  const why = streams.some((stream) => stream.name === name) ? ', of which Qualys tells the present state only' : '';
  return [`stream must be an enabled stream (${allowed.map((stream) => stream.name).join(', ')}), ${given}${why}`];
}

function timeOf(name: string, text: string, errors: string[]): number | undefined {
  const time = ISO.test(text) && isExisting(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  errors.push(`${name} must be an ISO 8601 time such as 2026-01-31T00:00:00Z, given ${JSON.stringify(text)}`);
  return undefined;
}

function rangeErrors(from: number, to: number, { settings: { BACKFILL_MAX_DAYS: maxDays } }: Present): string[] {
  if (from >= to) return ['from must be before to'];
  if (to - from > maxDays * DAY_MS) return [`the range must be at most ${maxDays} days (BACKFILL_MAX_DAYS)`];
  return [];
}

async function checkAgainstState(range: BackfillRange, { backfills, settings }: Present): Promise<void> {
  const { store } = backfills;
  const mark = await store.readWatermark(range.stream);
  const watermark = mark?.watermark;
  if (watermark === undefined || range.to.getTime() > Date.parse(watermark)) {
    const error = `to must be at most the watermark ${watermark ?? '(none yet: the stream has not started)'}: live ingestion covers later times`;
    throw new ProblemError(400, error, [error]);
  }
  const running = (await store.listBackfills()).filter(isRunning);
  const [from, to] = [isoSeconds(range.from), isoSeconds(range.to)];
  const isSame = running.some((other) => other.stream === range.stream && other.from === from && other.to === to);
  if (!isSame && running.length >= settings.BACKFILL_MAX_RUNNING) {
    throw new ProblemError(409, `${running.length} backfills run already, the most allowed (BACKFILL_MAX_RUNNING)`);
  }
}
