import { count, counted, span } from '../cli/text.ts';

/** How far a stream is. */
export interface StreamProgress {
  readonly name: string;
  readonly finished: number;
  readonly windows: number;
  readonly rows: number;
}

/** Shows how far a catch-up is, at each look. */
export interface ProgressView {
  readonly show: (streams: readonly StreamProgress[]) => void;
  /** Leaves the terminal as it was. */
  readonly close: () => void;
}

/** Where the progress goes: as `process.stderr`. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly write: (text: string) => unknown;
}

/** Without a terminal a line is for a log. */
const LINE_EVERY_MS = 5000;
/** Before that a rate says little. */
const FIRST_RATE_MS = 2000;
const TO_START_OF_LINE = '\r\u001b[2K';

/**
 * Rewrites one line of a terminal; elsewhere a line now and then. What is left is told by the rate so far.
 * @param now milliseconds from any beginning.
 */
export function createCatchUpView(terminal: Terminal, now: () => number = () => performance.now()): ProgressView {
  const startedAt = now();
  let toldAt = startedAt;
  const isTerminal = terminal.isTTY === true;
  return {
    show: (streams) => {
      const text = describe(streams, now() - startedAt);
      if (isTerminal) terminal.write(`${TO_START_OF_LINE}${text.slice(0, (terminal.columns ?? 80) - 1)}`);
      else if (now() - toldAt >= LINE_EVERY_MS) {
        toldAt = now();
        terminal.write(`${text}\n`);
      }
    },
    close: () => {
      if (isTerminal) terminal.write(TO_START_OF_LINE);
    },
  };
}

function describe(streams: readonly StreamProgress[], elapsedMs: number): string {
  const sum = (pick: (stream: StreamProgress) => number): number => streams.reduce((all, each) => all + pick(each), 0);
  const [finished, windows] = [sum((each) => each.finished), sum((each) => each.windows)];
  if (windows === 0) return `${span(elapsedMs / 1000)}  planning …`;
  const left = ((windows - finished) * elapsedMs) / finished / 1000;
  const isKnown = finished > 0 && elapsedMs >= FIRST_RATE_MS;
  return [
    `${Math.floor((100 * finished) / windows)}%`,
    `${count(sum((each) => each.rows))} rows`,
    ...(isKnown && finished < windows ? [`about ${span(left)} left`] : []),
    ...streams
      .filter((each) => each.windows > 0)
      .map((each) => `${each.name} ${count(each.finished)}/${counted(each.windows, 'window')}`),
  ].join('  ');
}
