import { describe, expect, test } from 'vitest';
import type { Stand } from '../../../src/lib/health/health.ts';
import type { Health } from '../../../src/lib/health/health-answers.ts';
import { judgeHealth, judgeUnread } from '../../../src/lib/health/judge-health.ts';
import { docsOf, isFine, PROBLEM_KINDS, verdictOf, VERDICTS } from '../../../src/lib/health/problem-codes.ts';
import { streamStatus } from '../../dashboard/views.ts';
import { ago, backfill, CASES, healthOf, held, limit, stand, withStream } from '../../support/stands.ts';

/** Each problem as `since | stream | API | text`. */
function told({ problems }: Health): string[] {
  return problems.map(({ since, stream = '-', api = '-', text }) =>
    [since?.slice(11, 16) ?? 'ever', stream, api, text].join(' | '),
  );
}

function toldOf(of: Stand): string[] {
  return told(judgeHealth(of));
}

function codesOf(of: Stand): string[] {
  return judgeHealth(of).problems.map(({ code }) => code);
}

/** What is said in each state: since when, of which stream and API, in words. */
const TOLD: Readonly<Record<string, readonly string[]>> = {
  'a day whose limit is reached, and the lag that it makes': [
    "06:47 | edr-events | edr | Today's 2 GB of DAILY_GB_LIMIT are sent (2.001 GB): edr-events waits until 2026-05-02 00:00 UTC. 24 windows and 1 backfill wait; nothing is lost.",
    '06:47 | edr-events | edr | edr-events is 6 h behind, 24 windows left: it goes on with the next day.',
  ],
  'a day whose limit is reached, of a stream that has been behind for two days': [
    "12:47 | edr-events | edr | Today's 2 GB of DAILY_GB_LIMIT are sent (2.001 GB): edr-events waits until 2026-05-02 00:00 UTC. 24 windows wait; nothing is lost. It is 3 d behind: a limit that every day reaches lets it fall behind more each day.",
    '12:47 | edr-events | edr | edr-events is 3 d behind, 24 windows left: it goes on with the next day.',
  ],
  'a day that goes on after one whose limit was reached, of a stream that has been behind for two days': [
    "12:47 | edr-events | edr | Yesterday's 2 GB of DAILY_GB_LIMIT were sent, and edr-events waited. It is 3 d behind: a limit that every day reaches lets it fall behind more each day.",
    '12:47 | edr-events | edr | edr-events is 3 d behind and catching up: 24 windows left, 40 rows in the last hour, about 0 s to go.',
  ],
  'a day whose limit is reached, of other streams': [
    '06:47 | edr-events | edr | edr-events is 6 h behind, 5 h 47 min more than is normal; 24 windows left. No window has ended since 11:34 UTC.',
  ],
  'a day that has just begun, after one whose limit was reached': [
    '06:47 | edr-events | edr | edr-events is 6 h behind and catching up: 24 windows left, 0 rows in the last hour.',
  ],
  'a day that has begun a while ago, after one whose limit was reached': [
    '06:47 | edr-events | edr | edr-events is 6 h behind, 5 h 47 min more than is normal; 24 windows left. No window has ended since 11:34 UTC.',
  ],
  'records that became visible late': [
    'ever | edr-events | edr | Qualys showed 12 rows of edr-events after their windows were read, in the last two days: still missing 3 min after their time as a rule, 2 h at most; they are ingested. Windows are read 3 min later for that.',
  ],
  'a wrong setting': ['ever | - | - | Settings: EDR_SCHEDULE must be a schedule'],
  'a storage that refuses the identity': ['ever | - | - | storage failed reading its clock (403)'],
  'a storage that does not answer': ['ever | - | - | storage failed reading its clock (no answer)'],
  'a password that has expired, on time still': [
    '12:25 | edr-events | edr | Qualys refuses the account at the EDR API since 12:25 UTC: window: Qualys refuses the account (HTTP 401); check QUALYS_USERNAME and QUALYS_PASSWORD. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
  ],
  'a password that has expired, and the lag that it makes': [
    '12:25 | edr-events | edr | Qualys refuses the account at the EDR API since 12:25 UTC: window: Qualys refuses the account (HTTP 401); check QUALYS_USERNAME and QUALYS_PASSWORD. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
    '06:47 | edr-events | edr | edr-events is 6 h behind, 5 h 47 min more than is normal; 24 windows left. No window has ended since 11:34 UTC.',
  ],
  'an account that the breaker knows as refused, with no window that waits': [
    '12:31 | - | edr | Qualys refuses the account at the EDR API since 12:31 UTC: HTTP 401.',
  ],
  'an account that one API refuses, and the windows of the other that are kept from trying': [
    '09:54 | - | edr | Qualys refuses the account at the EDR API since 09:54 UTC: HTTP 401. 19 windows wait for it (edr-events 12, vm-detections 7), tried again at 12:40 UTC.',
  ],
  'an identity that Azure refuses': [
    '12:25 | - | - | Azure refuses the identity of the app: Logs Ingestion answered 403. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
  ],
  'a rule that refuses all rows': [
    '12:25 | edr-events | edr | edr-events: Azure refuses all rows of a chunk. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
  ],
  'windows that wait after the account is taken again': [
    '12:25 | edr-events | edr | edr-events: 12 windows had an error that has passed, and wait for the next try at 12:40 UTC. window: Qualys refuses the account (HTTP 401); check QUALYS_USERNAME and QUALYS_PASSWORD.',
  ],
  'a stream that does not know where to begin': [
    '12:04 | edr-events | edr | edr-events does not know where to begin: set EDR_START.',
  ],
  'a planner that has stopped': [
    '12:18 | edr-events | edr | The planner of edr-events has not run for 16 min, its schedule is every 5 min. Nothing new is planned.',
  ],
  'a planner that has never run since the app began': [
    '02:34 | edr-events | edr | The planner of edr-events has not run for 10 h, its schedule is every 5 min. Nothing new is planned.',
  ],
  'an app that has just begun': ['12:32 | edr-events | edr | edr-events has not started yet: its planner has not run.'],
  'an hour’s pause, and the lag that it makes': [
    '12:14 | - | edr | Qualys asked the callers of the EDR API to wait until 13:14 UTC. code 1965. 24 windows wait.',
    '06:47 | edr-events | edr | edr-events is 6 h behind, 24 windows left: it goes on when Qualys lets it.',
  ],
  'a budget that the live windows have spent': [
    '12:33 | - | edr | The 300 calls in 1 h of the EDR API are used up. One comes free every 12 s, all are back at 13:34 UTC.',
  ],
  'a budget that a backfill has spent but for the reserve': [
    '12:33 | - | edr | The 300 calls in 1 h of the EDR API are used up but for the 60 that backfills leave to the live windows. One comes free every 12 s, all are back at 13:22 UTC. 1 backfill waits.',
  ],
  'a route that is out': [
    '12:14 | - | edr | Qualys does not answer on edr/events as it should since 12:14 UTC: HTTP 503. Tried next at 12:38 UTC.',
    '06:47 | edr-events | edr | edr-events is 6 h behind, 24 windows left: it goes on when Qualys lets it.',
  ],
  'a route that is out for an hour': [
    '11:33 | - | edr | Qualys does not answer on edr/events as it should since 11:33 UTC: HTTP 503. Tried next at 12:38 UTC.',
  ],
  'failed windows that hold the watermark': [
    '11:54 | edr-events | edr | edr-events: 2 windows failed; complete only up to 06:34 UTC. why.',
  ],
  'incomplete windows': [
    '11:54 | edr-events | edr | edr-events: 1 window closed incomplete. Qualys counts more than it gave, or a host could not be read.',
  ],
  'a stream that stands still': [
    '06:47 | edr-events | edr | edr-events is 6 h behind, 5 h 47 min more than is normal; 24 windows left. No window has ended since 11:34 UTC.',
  ],
  'a stream whose oldest window falls short while others pass it': [
    '06:47 | edr-events | edr | edr-events is 6 h behind, 5 h 47 min more than is normal; 24 windows left. The oldest is held: Qualys counts 12 records.',
  ],
  'a stream that catches up': [
    '06:47 | edr-events | edr | edr-events is 6 h behind and catching up: 24 windows left, 48,211 rows in the last hour, about 25 min to go.',
  ],
  'a stream that has read all and waits for its tick': [
    '06:47 | edr-events | edr | edr-events is 6 h behind: all that was planned is read, the watermark follows.',
  ],
  poison: ['ever | - | - | 1 work item in the poison queue: the host gave up on it.'],
  'dead letters': ['ever | - | - | 2 dead letters: rows that Azure refuses.'],
  'alerts that were not taken': ['ever | - | - | 3 alerts not known to be posted to the webhook. HTTP 500.'],
  'a failed backfill': [
    '12:33 | edr-events | - | The backfill 0123456789ab-1 of edr-events failed: windows of it are not read. All others are ingested.',
  ],
  'a backfill that stands still': [
    '10:34 | edr-events | - | The backfill 0123456789ab-1 of edr-events has not moved for 2 h, since 10:34 UTC.',
  ],
  'a name that is no setting': ['ever | - | - | EDR_STRAT is no setting of the connector and is ignored.'],
  'records of another time': [
    'ever | edr-events | edr | 3 records of the last 24 hours of edr-events had another time than was asked for; they are ingested.',
  ],
};

test.each(CASES)('$name', (each) => {
  expect(told(healthOf(each))).toEqual(TOLD[each.name] ?? []);
});

test('each problem has its severity, what to do and where it is explained', () => {
  for (const each of CASES)
    for (const { code, severity, act, docs } of healthOf(each).problems) {
      const kind = PROBLEM_KINDS[code];
      const severities = 'lasting' in kind ? [kind.severity, kind.lasting.severity] : [kind.severity];
      expect(severities).toContain(severity);
      expect({ act, docs }).toEqual({ act: kind.act, docs: docsOf(code) });
    }
});

describe('a refusal', () => {
  test('is told with the latest error, since the first window that waits, and the next try of all', () => {
    const later = held({ windows: 1, since: ago(2), error: 'the latest', nextTryAt: ago(-3) });
    const streams = [
      streamStatus({ name: 'edr-late', held: [held({ windows: 1, since: ago(5), error: 'between' })] }),
      streamStatus({ name: 'edr-incidents', held: [later] }),
      streamStatus({ held: [held({ since: ago(20), error: 'an old one' })] }),
    ];
    const waits = '14 windows wait for it (edr-late 1, edr-incidents 1, edr-events 12), tried again at 12:37 UTC.';
    expect(toldOf(stand({ streams }))).toEqual([
      `12:14 | - | edr | Qualys refuses the account at the EDR API since 12:14 UTC: the latest. ${waits}`,
    ]);
    const identity = streams.map((each) => ({
      ...each,
      held: each.held.map((one) => ({ ...one, repair: 'identity' as const })),
    }));
    expect(toldOf(stand({ streams: identity }))).toEqual([
      `12:14 | - | - | Azure refuses the identity of the app: the latest. ${waits}`,
    ]);
  });

  test('says of one window that it waits, and of one that is due that it is tried now', () => {
    expect(toldOf(withStream({ held: [held({ windows: 1, nextTryAt: null, error: 'HTTP 401' })] }))).toEqual([
      '12:25 | edr-events | edr | Qualys refuses the account at the EDR API since 12:25 UTC: HTTP 401. 1 window waits for it (edr-events 1), tried again now.',
    ]);
    expect(
      toldOf(withStream({ held: [held({ windows: 1, isLatest: false, nextTryAt: null, error: 'why' })] })),
    ).toEqual([
      '12:25 | edr-events | edr | edr-events: 1 window had an error that has passed, and waits for the next try now. why.',
    ]);
  });

  test('names the next try of the account, and no stream where the whole account is refused', () => {
    const account = { refusedSince: ago(3), refusals: 1, error: 'HTTP 401', nextTryAt: ago(-4) };
    expect(toldOf(withStream({ held: [held()] }, { limits: [limit({ account })] }))).toEqual([
      '12:31 | - | edr | Qualys refuses the account at the EDR API since 12:31 UTC: HTTP 401. The account is tried again at 12:38 UTC. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
    ]);
  });

  test('is of each API that refuses, with its own windows', () => {
    const streams = [
      streamStatus({ held: [held({ error: 'HTTP 401' })] }),
      streamStatus({ name: 'vm-detections', api: 'vm', held: [held({ windows: 7, error: 'HTTP 409' })] }),
    ];
    expect(toldOf(stand({ streams, limits: [] }))).toEqual([
      '12:25 | edr-events | edr | Qualys refuses the account at the EDR API since 12:25 UTC: HTTP 401. 12 windows wait for it (edr-events 12), tried again at 12:40 UTC.',
      '12:25 | vm-detections | vm | Qualys refuses the account at the VM API since 12:25 UTC: HTTP 409. 7 windows wait for it (vm-detections 7), tried again at 12:40 UTC.',
    ]);
  });

  test('is of the API whose account is refused', () => {
    const account = { refusedSince: ago(3), refusals: 1, error: 'HTTP 401' };
    const { problems } = judgeHealth(stand({ limits: [limit(), limit({ api: 'vm', account })] }));
    expect(problems.map(({ api }) => api)).toEqual(['vm']);
  });

  test('of the account while the state cannot be read is one too', () => {
    const { problems } = judgeUnread({ time: ago(0), repair: 'account', error: 'HTTP 401' });
    expect(problems.map(({ code }) => code)).toEqual(['account-refused']);
  });

  test('of a disabled stream is nobody’s concern', () => {
    expect(codesOf(withStream({ enabled: false, held: [held()] }))).toEqual([]);
  });

  test('of settings is told of each stream, beside windows whose refusal has passed', () => {
    const settings = held({ repair: 'settings', error: 'no such table', windows: 2 });
    expect(toldOf(withStream({ held: [settings, held({ isLatest: false, error: 'old' })] }))).toEqual([
      '12:25 | edr-events | edr | edr-events: no such table. 2 windows wait for it (edr-events 2), tried again at 12:40 UTC.',
      '12:25 | edr-events | edr | edr-events: 12 windows had an error that has passed, and wait for the next try at 12:40 UTC. old.',
    ]);
  });
});

describe('a planner', () => {
  const silent = (scheduleSeconds: number, minutes: number): string[] =>
    codesOf(withStream({ scheduleSeconds, lastTick: ago(minutes) }));

  test('is silent ten minutes after a missed tick, or after half its schedule where that is longer', () => {
    expect(silent(300, 15)).toEqual([]);
    expect(silent(300, 15.1)).toEqual(['planner-silent']);
    expect(silent(3600, 90)).toEqual([]);
    expect(silent(3600, 90.1)).toEqual(['planner-silent']);
  });
});

describe('a lag', () => {
  const behind = { watermark: ago(60), lagSeconds: 3600, windows: { open: 3, failed: 0, incomplete: 0, since: null } };
  const still = { movedAt: ago(15), rowsLastHour: 0, secondsLeft: null, heldBy: null };

  test('is none up to what is normal, nor where nothing is known', () => {
    expect(codesOf(withStream({ ...behind, lagSeconds: 780, progress: still }))).toEqual([]);
    expect(codesOf(withStream({ ...behind, lagSeconds: 781, progress: still }))).toEqual(['late']);
    expect(codesOf(withStream({ ...behind, lagSeconds: null, progress: still }))).toEqual([]);
    expect(codesOf(withStream({ ...behind, watermark: null, progress: still }))).toEqual([]);
  });

  test('is late once no window has ended for 15 minutes, or none ever', () => {
    const moved = (movedAt: string | null): string[] =>
      toldOf(withStream({ ...behind, progress: { ...still, movedAt } }));
    expect(moved(ago(14.9))).toEqual([
      '11:47 | edr-events | edr | edr-events is 1 h behind and catching up: 3 windows left, 0 rows in the last hour.',
    ]);
    expect(moved(ago(15))).toEqual([
      '11:47 | edr-events | edr | edr-events is 1 h behind, 47 min more than is normal; 3 windows left. No window has ended since 12:19 UTC.',
    ]);
    expect(moved(null)).toEqual([
      '11:47 | edr-events | edr | edr-events is 1 h behind, 47 min more than is normal; 3 windows left. No window has ended since it began.',
    ]);
  });

  test('is not told beside failed windows, which explain it; up to where the stream is complete is', () => {
    const windows = { open: 3, failed: 1, incomplete: 1, since: ago(40) };
    expect(toldOf(withStream({ ...behind, windows, progress: still, lastError: 'why' }))).toEqual([
      '11:54 | edr-events | edr | edr-events: 1 window failed; complete only up to 11:34 UTC. why.',
      '11:54 | edr-events | edr | edr-events: 1 window closed incomplete. Qualys counts more than it gave, or a host could not be read.',
    ]);
    expect(toldOf(withStream({ windows: { ...windows, incomplete: 0 }, lastError: 'why' }))).toEqual([
      '11:54 | edr-events | edr | edr-events: 1 window failed. why.',
    ]);
    expect(toldOf(withStream({ ...behind, watermark: null, windows: { ...windows, incomplete: 0 } }))).toEqual([
      '11:54 | edr-events | edr | edr-events: 1 window failed.',
    ]);
  });

  test('of incomplete windows alone is told with their error', () => {
    const windows = { open: 0, failed: 0, incomplete: 2, since: ago(40) };
    expect(toldOf(withStream({ windows, lastError: 'a host is missing' }))).toEqual([
      '11:54 | edr-events | edr | edr-events: 2 windows closed incomplete. Qualys counts more than it gave, or a host could not be read. a host is missing.',
    ]);
  });

  test('of one API does not wait for the pause of another', () => {
    const pause = { pausedUntil: ago(-40), pausedSince: ago(20), pauseReason: 'code 1965' };
    const limits = [limit({ api: 'vm', ...pause })];
    expect(codesOf(withStream({ ...behind, progress: still }, { limits }))).toEqual(['late', 'vendor-pause']);
  });
});

describe('a wait for the vendor', () => {
  const budget = (left: number, changes = {}): ReturnType<typeof limit> =>
    limit({ budget: { limit: 300, left, reserve: 60, windowSeconds: 3600, seenAt: ago(1), ...changes } });
  const open = { windows: { open: 1, failed: 0, incomplete: 0, since: null } };

  test('a pause ends at its time, not after it', () => {
    const paused = (minutes: number): string[] => codesOf(stand({ limits: [limit({ pausedUntil: ago(minutes) })] }));
    expect(paused(0)).toEqual([]);
    expect(paused(-0.1)).toEqual(['vendor-pause']);
  });

  test('a budget is spent from its last fiftieth on, for backfills above the reserve, and only while one runs', () => {
    expect(codesOf(stand({ limits: [budget(6)] }))).toEqual(['budget-spent']);
    expect(codesOf(stand({ limits: [budget(7)] }))).toEqual([]);
    expect(codesOf(stand({ limits: [budget(66)], backfills: [backfill()] }))).toEqual(['budget-spent']);
    expect(codesOf(stand({ limits: [budget(67)], backfills: [backfill()] }))).toEqual([]);
    const failed = backfill({ status: 'failed' });
    expect(codesOf(stand({ limits: [budget(66)], backfills: [failed] }))).toEqual(['backfill-failed']);
    expect(codesOf(stand({ limits: [limit({ budget: null })], backfills: [backfill()] }))).toEqual([]);
    const streams = [streamStatus(), streamStatus({ name: 'vm-detections', api: 'vm' })];
    const ofVm = backfill({ stream: 'vm-detections' });
    expect(codesOf(stand({ streams, limits: [budget(66)], backfills: [ofVm] }))).toEqual([]);
  });

  test('counts what waits for it: windows of its enabled streams, and backfills', () => {
    const limits = [budget(0, { limit: 7200 })];
    const used =
      'The 7,200 calls in 1 h of the EDR API are used up. One comes free every 1 s, all are back at 13:34 UTC.';
    const at = '12:33 | - | edr | ';
    expect(toldOf(withStream(open, { limits }))).toEqual([`${at}${used} 1 window waits.`]);
    expect(toldOf(withStream(open, { limits, backfills: [backfill()] }))).toEqual([
      `${at}${used} 1 window and 1 backfill wait.`,
    ]);
    const others = [
      streamStatus({ ...open, enabled: false }),
      streamStatus({ ...open, name: 'vm-detections', api: 'vm' }),
    ];
    expect(toldOf(stand({ streams: others, limits }))).toEqual([`${at}${used}`]);
  });

  test('makes windows that are behind wait: an outage and a spent budget do, a reserve does not', () => {
    const behind = { watermark: ago(60), lagSeconds: 3600, ...open };
    const still = { movedAt: ago(60), rowsLastHour: 0, secondsLeft: null, heldBy: null };
    const lagBy = (limits: Stand['limits']): string[] =>
      codesOf(withStream({ ...behind, progress: still }, { limits })).filter((code) => code !== 'budget-spent');
    expect(lagBy([budget(6)])).toEqual(['catching-up']);
    expect(lagBy([budget(60)])).toEqual(['late']);
    expect(lagBy([])).toEqual(['late']);
    expect(lagBy([limit({ budget: null })])).toEqual(['late']);
  });
});

describe('a backfill', () => {
  const stalled = (minutes: number, more: Partial<Stand> = {}): string[] =>
    codesOf(stand({ backfills: [backfill({ movedAt: ago(minutes) })], ...more })).filter((code) =>
      code.startsWith('backfill'),
    );

  test('stands still an hour after its planner has fed it', () => {
    expect(stalled(70)).toEqual([]);
    expect(stalled(70.1)).toEqual(['backfill-stalled']);
    expect(stalled(70.1, { streams: [] })).toEqual(['backfill-stalled']);
  });

  test('waits with the vendor and with windows that wait for a repair of its stream', () => {
    const budget = { limit: 300, left: 60, reserve: 60, windowSeconds: 3600, seenAt: ago(1) };
    expect(stalled(120, { limits: [limit({ budget })] })).toEqual([]);
    expect(stalled(120, { limits: [limit({ api: 'vm', budget })] })).toEqual(['backfill-stalled']);
    expect(stalled(120, { limits: [] })).toEqual(['backfill-stalled']);
    expect(stalled(120, { limits: [limit({ budget: null })] })).toEqual(['backfill-stalled']);
    expect(stalled(120, { limits: [limit({ pausedUntil: ago(-1) })] })).toEqual([]);
    expect(stalled(120, { streams: [streamStatus({ held: [held()] })] })).toEqual([]);
  });
});

describe('what was put aside', () => {
  test('is counted, one as one', () => {
    expect(toldOf(stand({ queue: { poison: 2 }, deadLetters: 1 }))).toEqual([
      'ever | - | - | 2 work items in the poison queue: the host gave up on them.',
      'ever | - | - | 1 dead letter: rows that Azure refuses.',
    ]);
  });

  test('alerts count whether undelivered, uncertain or poison', () => {
    for (const kind of ['undelivered', 'uncertain', 'poison'] as const) {
      const alerts = { undelivered: 0, uncertain: 0, poison: 0, lastError: null, [kind]: 1 };
      expect(toldOf(stand({ alerts }))).toEqual(['ever | - | - | 1 alert not known to be posted to the webhook.']);
    }
  });
});

test('a route is out for long from its first hour on', () => {
  const outage = (minutes: number): string | undefined => {
    const outages = [{ route: 'edr/events', since: ago(minutes), nextTryAt: ago(-4), error: 'HTTP 503' }];
    return judgeHealth(stand({ limits: [limit({ outages })] })).problems[0]?.severity;
  };
  expect([outage(59.9), outage(60)]).toEqual(['warning', 'error']);
});

test('causes stand before what they make, wherever they were found', () => {
  const behind = { watermark: ago(60), lagSeconds: 3600, windows: { open: 3, failed: 0, incomplete: 0, since: null } };
  const progress = { movedAt: ago(60), rowsLastHour: 0, secondsLeft: null, heldBy: null };
  const both = withStream({ ...behind, progress }, { queue: { poison: 1 }, deadLetters: 1 });
  expect(judgeHealth(both).problems.map(({ code, docs }) => [code, docs])).toEqual([
    ['poison', 'docs/operate.md#poison'],
    ['late', 'docs/operate.md#late'],
    ['dead-letters', 'docs/operate.md#dead-letters'],
  ]);
});

test('a person is needed from attention on, and where something lasts', () => {
  expect(VERDICTS.filter(isFine)).toEqual(['ok', 'catching-up', 'waiting']);
  expect(verdictOf({ code: 'route-out', severity: 'warning' })).toBe('waiting');
  expect(verdictOf({ code: 'route-out', severity: 'error' })).toBe('attention');
});
