import type { StatusAnswer } from '../src/lib/health/health-answers.ts';
import type { Session } from './session.ts';
import { ago, count, counted, printable, span, table } from './text.ts';

const SIGNS = { error: '✕', warning: '!', info: 'i' } as const;
const COLORS = { error: 'red', warning: 'yellow', info: 'dim' } as const;

/** Prints the judgement as the connector gives it, and where each stream stands. */
export function showStatus(body: StatusAnswer, session: Session): void {
  const { connector, print, color } = session;
  print(`${color('bold', `Qualys connector ${printable(body.version)}`)} at ${connector.url}`);
  print();
  showJudgement(body, session);
  if (body.streams.length > 0) showStreams(body, session);
}

function showJudgement({ ok, verdict, headline, problems }: StatusAnswer, { print, color }: Session): void {
  const tone = !ok ? 'red' : verdict === 'ok' ? 'green' : 'yellow';
  print(color(tone, `${printable(headline)} (${verdict})`));
  for (const { code, severity, text, act, docs } of problems) {
    print(color(COLORS[severity], `${SIGNS[severity]} ${code}: ${printable(text)}`));
    print(`    ${printable(act)} ${color('dim', printable(docs))}`);
  }
  print();
}

function showStreams({ streams, queue, deadLetters }: StatusAnswer, { print, color }: Session): void {
  const head = ['STREAM', 'LAG', 'WATERMARK', 'LAST TICK', 'OPEN', 'FAILED', 'INCOMPLETE', 'ROWS IN 24 H'];
  const [first = '', ...lines] = table(head, streams.map(toRow));
  print(color('dim', first));
  for (const line of lines) print(line);
  if (queue === null || deadLetters === null) return;
  print();
  const letters = counted(deadLetters, 'dead letter');
  print(`${counted(queue.waiting, 'work item')} waiting, ${count(queue.poison)} poisoned; ${letters}`);
}

function toRow(stream: StatusAnswer['streams'][number]): string[] {
  const { name, enabled, lagSeconds, watermark, lastTick, windows, rowsLast24h } = stream;
  if (!enabled) return [name, 'disabled'];
  return [
    name,
    lagSeconds === null ? '–' : span(lagSeconds),
    watermark ?? 'not started',
    ago(lastTick),
    count(windows.open),
    count(windows.failed),
    count(windows.incomplete),
    count(rowsLast24h),
  ];
}
