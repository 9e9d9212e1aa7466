import { MultiBar } from 'cli-progress';
import type { BackfillView } from '../src/lib/pipeline/backfill-answer.ts';
import type { Session } from './session.ts';
import { count, span } from './text.ts';

/** Shows how far a backfill is. */
export interface ProgressView {
  readonly show: (backfill: BackfillView) => void;
  /** Tells something beside the progress. */
  readonly note: (line: string) => void;
  /** Leaves the terminal as it was; later calls do nothing. */
  readonly close: () => void;
}

/** A bar on a terminal, lines elsewhere, nothing with `--json`. */
export function createProgressView(session: Session): ProgressView {
  if (session.isJson) return { show: () => undefined, note: session.note, close: () => undefined };
  return process.stdout.isTTY ? createBar() : createLines(session);
}

const NARROW_COLUMNS = 100;

function createBar(): ProgressView {
  const isNarrow = (process.stdout.columns || 80) < NARROW_COLUMNS;
  const bars = new MultiBar({
    stream: process.stdout,
    format: '{bar} {percent}%  {text}',
    barsize: isNarrow ? 10 : 30,
    barCompleteChar: '█',
    barIncompleteChar: '░',
    hideCursor: true,
    // Signals are the caller's.
    gracefulExit: false,
  });
  const bar = bars.create(100, 0, { percent: 0, text: '' });
  const rate = createRate();
  return {
    show: (backfill) => {
      const { percent, rows } = backfill;
      bar.update(percent, { percent: percent.toFixed(1), text: describe(backfill, rate(rows)) });
    },
    note: (line) => {
      bars.log(`${line}\n`);
      bars.update();
    },
    close: () => bars.stop(),
  };
}

/** Without a terminal a line is for a log: one for each percent, and one each half a minute while anything changes. */
const QUIET_MS = 30_000;

function createLines({ print, note }: Session): ProgressView {
  const rate = createRate();
  let last: { readonly at: number; readonly percent: number; readonly text: string } | undefined;
  return {
    show: (backfill) => {
      const { status, percent, rows } = backfill;
      const text = `${status} ${percent.toFixed(1)}%  ${describe(backfill, rate(rows))}`;
      const now = performance.now();
      const isNews =
        last === undefined || percent - last.percent >= 1 || (text !== last.text && now - last.at >= QUIET_MS);
      if (!isNews) return;
      last = { at: now, percent, text };
      print(text);
    },
    note,
    close: () => undefined,
  };
}

function describe({ windows, rows, etaSeconds }: BackfillView, rowsPerSecond: number | undefined): string {
  return [
    `${count(windows.closed)}/${count(windows.total)} windows`,
    ...(windows.failed === 0 ? [] : [`${count(windows.failed)} failed`]),
    `${count(rows)} rows`,
    ...(rowsPerSecond === undefined ? [] : [`${count(rowsPerSecond)} rows/s`]),
    ...(etaSeconds === null ? [] : [`${span(etaSeconds)} left`]),
  ].join('  ');
}

const RATE_MS = 60_000;

/** Rows a second over the last minute; undefined until there are two looks. */
function createRate(): (rows: number) => number | undefined {
  const looks: { readonly at: number; readonly rows: number }[] = [];
  return (rows) => {
    const now = performance.now();
    looks.push({ at: now, rows });
    while (looks.length > 2 && now - (looks[1]?.at ?? now) >= RATE_MS) looks.shift();
    const [first] = looks;
    if (first === undefined || looks.length < 2 || now === first.at) return undefined;
    const perSecond = (1000 * (rows - first.rows)) / (now - first.at);
    return perSecond < 10 ? Math.round(perSecond * 10) / 10 : Math.round(perSecond);
  };
}
