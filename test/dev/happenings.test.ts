import { afterEach, describe, expect, test, vi } from 'vitest';
import { createHappenings } from '../../dev/happenings.ts';
import type { LogLevel } from '../../dev/host/log.ts';

afterEach(() => void vi.useRealTimers());

type Line = readonly [level: LogLevel, message: string | object];

/** What a run prints of lines; a number lets so many seconds pass. */
function printedFor(lines: readonly (Line | number)[], isLocalTable = true): string[] {
  vi.useFakeTimers({ now: Date.parse('2026-05-01T12:00:00Z') });
  const printed: string[] = [];
  const log = createHappenings({ print: (line) => printed.push(line), isLocalTable });
  for (const line of lines) {
    if (typeof line === 'number') vi.advanceTimersByTime(line * 1000);
    else {
      const [level, message] = line;
      const text = typeof message === 'string' ? message : JSON.stringify(message);
      log({ time: '', level, category: 'Function.x.User', message: text });
    }
  }
  return printed;
}

const ERROR = { event: 'WindowFailed', stream: 'edr-events', error: 'HTTP 400' };
const WARNING = { event: 'PageFetchFailed', stream: 'edr-events', window: 'w-1', error: 'HTTP 503' };

describe('a calm log', () => {
  test('tells every error, as often as it comes, with its stack', () => {
    const unexpected = { event: 'UnexpectedErrorThrown', error: 'x', stack: 'Error: x\n    at y' };
    expect(
      printedFor([
        ['error', ERROR],
        ['error', ERROR],
        ['critical', unexpected],
        ['error', "Executed 'Functions.status' (Failed, Id=1, Duration=2ms) Error: x\n    at y"],
        ['error', '{"event":"Broken'],
      ]),
    ).toEqual([
      '12:00:00 ✕ WindowFailed  stream=edr-events  error=HTTP 400',
      '12:00:00 ✕ WindowFailed  stream=edr-events  error=HTTP 400',
      '12:00:00 ✕ UnexpectedErrorThrown  error=x\nError: x\n    at y',
      "12:00:00 ✕ Executed 'Functions.status' (Failed, Id=1, Duration=2ms) Error: x\n    at y",
      '12:00:00 ✕ {"event":"Broken',
    ]);
  });

  test('tells every kind of warning, and what comes again soon as a count', () => {
    const other = { ...WARNING, stream: 'vm-detections' };
    const again = { ...WARNING, window: 'w-2', attempts: 2, retryInMs: 10_000 };
    const records = { event: 'RecordUnreadable', stream: 'edr-events' };
    expect(
      printedFor([
        ['warning', WARNING],
        ['warning', again],
        ['warning', other],
        ['warning', again],
        ['warning', { ...records, records: 1 }],
        ['warning', { ...records, records: 900 }],
        31,
        ['warning', again],
        31,
      ]),
    ).toEqual([
      '12:00:00 ! PageFetchFailed  stream=edr-events  window=w-1  error=HTTP 503',
      '12:00:00 ! PageFetchFailed  stream=vm-detections  window=w-1  error=HTTP 503',
      '12:00:00 ! RecordUnreadable  stream=edr-events  records=1',
      '12:00:00 ! RecordUnreadable  stream=edr-events  records=900',
      '12:00:30 ! PageFetchFailed  stream=edr-events  error=HTTP 503  (2 more within 30 s)',
      '12:00:31 ! PageFetchFailed  stream=edr-events  window=w-2  error=HTTP 503  attempts=2  retryInMs=10000',
    ]);
  });

  test('adds up windows, and is silent about pages, uploads, ticks and calls', () => {
    const closed = (stream: string, rows: number): Line => ['information', { event: 'WindowClosed', stream, rows }];
    expect(
      printedFor([
        ['information', "Executing 'Functions.status' (Reason='x', Id=1)"],
        ['information', "Executed 'Functions.status' (Succeeded, Id=1, Duration=2ms)"],
        ['information', { event: 'PageFetched', stream: 's' }],
        ['information', { event: 'WindowsPlanned', stream: 's' }],
        closed('edr-events', 50),
        closed('edr-events', 2),
        closed('vm-detections', 1),
        4,
        closed('edr-events', 7),
        4,
        ['information', { event: 'WatermarkMoved', stream: 's', watermark: '2026-05-01T11:58:00Z', lagSeconds: 128 }],
        ['information', { event: 'BackfillStarted', id: 'b-1' }],
        ['information', "Queue 'q' can be read again."],
      ]),
    ).toEqual([
      '12:00:03   edr-events: 2 windows read, 52 rows',
      '12:00:03   vm-detections: 1 window read, 1 row',
      '12:00:07   edr-events: 1 window read, 7 rows',
      '12:00:08   s: all up to 2026-05-01T11:58:00Z is here, 2m 8s behind',
      '12:00:08   BackfillStarted  id=b-1',
      "12:00:08   Queue 'q' can be read again.",
    ]);
  });

  test('tells a judgement when it is another one', () => {
    const judged = (verdict: string, worst?: string): Line => [
      'information',
      { event: 'HealthJudged', verdict, headline: 'So it is', worst },
    ];
    expect(printedFor([judged('ok'), judged('ok', ''), judged('down', 'Qualys refuses the account')])).toEqual([
      '12:00:00   So it is (ok)',
      '12:00:00   So it is (down): Qualys refuses the account',
    ]);
  });

  test('warns of a start nobody can vouch for where rows go to a workspace, not where they stay here', () => {
    const reason = '24 hours back, without knowing whether the table has rows: if …';
    const started: Line = ['warning', { event: 'StreamStarted', stream: 's', start: '2026-04-30T12:00:00Z', reason }];
    expect(printedFor([started])).toEqual(['12:00:00   s begins at 2026-04-30T12:00:00Z: 24 hours back']);
    expect(printedFor([started], false)).toEqual([
      `12:00:00 ! StreamStarted  stream=s  start=2026-04-30T12:00:00Z  reason=${reason}`,
    ]);
  });
});
