import { count, counted, span } from '../cli/text.ts';
import type { HostLog, HostLogEntry } from './host/log.ts';

/** A line of the app's log. */
type Fields = Readonly<Record<string, string | number | boolean | null>>;

/** What a calm log needs of its surroundings. */
export interface HappeningsOptions {
  readonly print: (line: string) => void;
  /** Whether rows go to this machine, where no older table can hold some: then a first start is nothing to warn of. */
  readonly isLocalTable: boolean;
}

/** Happen with each page, window, tick or call: what they come to is told by others. */
const QUIET = new Set([
  'PageFetched',
  'RowsUploaded',
  'WindowsPlanned',
  'PlannerSkipped',
  'WorkItemDropped',
  'HostsAskedAgain',
  'AlertsQueued',
  'AlertDelivered',
  'AlertDropped',
  'AlertPostponed',
  'BackfillFed',
]);
/** Windows that end within so long of one another make one line. */
const GATHER_MS = 3000;
/** The same again within this time is counted only. */
const REPEAT_MS = 30_000;
/** In these only, tries and windows of one trouble differ. */
const PASSING = new Set(['window', 'attempts', 'retryInMs', 'retryInSeconds', 'retryAfterMs']);

/**
 * A host's log for people who look on: a line for each thing that happens. Warnings and errors of whatever kind are always among them,
 * each error every time, a warning that comes again within half a minute as a count at its end.
 */
export function createHappenings({ print, isLocalTable }: HappeningsOptions): HostLog {
  const tell = (sign: ' ' | '!' | '✕', text: string): void => {
    print(`${new Date().toISOString().slice(11, 19)} ${sign} ${text}`);
  };
  const tellClosed = createGatherer((text) => tell(' ', text));
  const tellWarning = createRepeats((text) => tell('!', text));
  const tellOther = createRepeats((text) => tell(' ', text));
  let verdict: Fields[string] | undefined;

  const tellInfo = (line: Fields): void => {
    const { event, stream } = line;
    if (event === 'WindowClosed') tellClosed(String(stream), Number(line.rows));
    else if (event === 'HealthJudged') {
      if (line.verdict !== verdict) tell(' ', judged(line));
      verdict = line.verdict;
    } else if (event === 'WatermarkMoved') {
      tell(
        ' ',
        `${String(stream)}: all up to ${String(line.watermark)} is here, ${span(Number(line.lagSeconds))} behind`,
      );
    } else if (!QUIET.has(String(event))) tellOther(line);
  };

  return ({ level, message }: HostLogEntry) => {
    const line = readLine(message);
    if (level === 'error' || level === 'critical') tell('✕', describe(line));
    else if (line.event === 'StreamStarted' && (level !== 'warning' || isLocalTable)) tell(' ', begun(line));
    else if (level === 'warning') tellWarning(line);
    else if (level === 'information' && !/^Execut(?:ing|ed) '/.test(message)) tellInfo(line);
  };
}

function readLine(message: string): Fields {
  if (!message.startsWith('{"event":')) return { event: message };
  try {
    return JSON.parse(message) as Fields;
  } catch {
    return { event: message };
  }
}

/** The event by the name under which docs/operate.md explains it, its fields, and a stack on lines of its own. */
function describe({ event, stack, ...fields }: Fields): string {
  const told = Object.entries(fields).map(
    ([name, value]) => `${name}=${String(typeof value === 'number' ? Math.round(value) : value)}`,
  );
  const lines = typeof stack === 'string' ? [`\n${stack}`] : [];
  return [String(event), ...told].join('  ') + lines.join('');
}

function judged({ headline, verdict, worst }: Fields): string {
  const reason = typeof worst === 'string' && worst !== '' ? `: ${worst}` : '';
  return `${String(headline)} (${String(verdict)})${reason}`;
}

function begun({ stream, start, reason }: Fields): string {
  return `${String(stream)} begins at ${String(start)}: ${String(reason).replace(/, without knowing.*/s, '')}`;
}

/** Adds windows up, for each stream, and tells them a little later. */
function createGatherer(tell: (text: string) => void): (stream: string, rows: number) => void {
  const gathered = new Map<string, { windows: number; rows: number }>();
  return (stream, rows) => {
    const sum = gathered.get(stream);
    if (sum !== undefined) {
      sum.windows += 1;
      sum.rows += rows;
      return;
    }
    gathered.set(stream, { windows: 1, rows });
    setTimeout(() => {
      const { windows, rows: all } = gathered.get(stream)!;
      gathered.delete(stream);
      tell(`${stream}: ${counted(windows, 'window')} read, ${counted(all, 'row')}`);
    }, GATHER_MS).unref();
  };
}

/** Tells a line at once; the same that comes soon after it is counted, and the count told at the end of that time. */
function createRepeats(tell: (text: string) => void): (line: Fields) => void {
  const repeats = new Map<string, { more: number }>();
  return (line) => {
    const same = Object.fromEntries(Object.entries(line).filter(([name]) => !PASSING.has(name)));
    const key = JSON.stringify(same);
    const known = repeats.get(key);
    if (known !== undefined) {
      known.more += 1;
      return;
    }
    const repeat = { more: 0 };
    repeats.set(key, repeat);
    tell(describe(line));
    setTimeout(() => {
      repeats.delete(key);
      if (repeat.more > 0) tell(`${describe(same)}  (${count(repeat.more)} more within 30 s)`);
    }, REPEAT_MS).unref();
  };
}
