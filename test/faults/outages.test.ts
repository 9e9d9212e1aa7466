import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FaultAction } from '../../dev/simulator/faults.ts';
import { FEEDS, type Feed } from './feeds.ts';
import { FURTHER_FEEDS } from './further-feeds.ts';
import {
  playOutage,
  playUndisturbed,
  undisturbedKey,
  type Outage,
  type OutageResult,
  type Undisturbed,
} from './play-outage.ts';
import { closeAzurite, openAzurite } from './rig.ts';
import { takePart, warpTime } from './warped-time.ts';

const isLong = process.env.SOAK === '1';
/** Outages played at once. */
const AT_ONCE = 4;
const TEN_MINUTES = 1 / 6;
const { edr, vm } = FEEDS;
const { hosts, incidents, knowledgeBase } = FURTHER_FEEDS;
const LARGE = 50_000;
const DOWN: FaultAction = { kind: 'status', status: 503 };
const RESET: FaultAction = { kind: 'reset' };
const WEB_PAGE: FaultAction = { kind: 'html' };
const MALFORMED: FaultAction = { kind: 'malformed' };
const GATEWAY_TIMEOUT: FaultAction = { kind: 'status', status: 504 };
const COMES_BACK: FaultAction = { kind: 'status', status: 503, headers: { 'retry-after': '20' } };

type Row = readonly [feed: Feed, of: string, route: string, fault: FaultAction];

/** Each route by itself and all of them, in the forms that an outage takes. */
const ROUTES: readonly Row[] = [
  [vm, 'everything', '', RESET],
  [vm, 'the pages', '/vm/detection/', DOWN],
  [vm, 'the pages (504)', '/vm/detection/', GATEWAY_TIMEOUT],
  [vm, 'the pages (malformed)', '/vm/detection/', MALFORMED],
  [vm, 'the list of ids', '/fo/asset/host/\\?', DOWN],
  [vm, 'everything (Retry-After)', '', COMES_BACK],
  [edr, 'everything', '', DOWN],
  [edr, 'the pages', '/ioc/events\\?', RESET],
  [edr, 'the count', '/ioc/events/count', WEB_PAGE],
  [edr, 'the login', '/auth', DOWN],
  [incidents, 'everything', '', DOWN],
  [hosts, 'everything', '', DOWN],
  [knowledgeBase, 'everything', '', DOWN],
];

/** Pages hold all records of a window: a window of several slices was cut by a failure. */
const SETTINGS = {
  VM_TRUNCATION_LIMIT: '1000',
  VM_WINDOW_MINUTES: '10080',
  EDR_PAGE_SIZE: '100',
  EDR_WINDOW_MINUTES: '10080',
  INCIDENTS_PAGE_SIZE: '100',
  INCIDENTS_WINDOW_MINUTES: '10080',
  HOSTS_WINDOW_MINUTES: '360',
  KB_WINDOW_MINUTES: '360',
  KB_PAGE_SIZE: '1000',
};

/** As many as a large tenant has, in windows as long as they usually are. */
const LARGE_SETTINGS = { ...SETTINGS, EDR_PAGE_SIZE: '1000', EDR_WINDOW_MINUTES: '60', VM_WINDOW_MINUTES: '60' };

const toOutage = ([feed, of, route, fault]: Row, hours: number, tickMinutes: number): Outage => ({
  feed,
  of,
  route,
  fault,
  hours,
  tickMinutes,
  records: 200,
  settings: SETTINGS,
  ...(of === 'the login' ? { options: { tokenTtlSeconds: 240 } } : {}),
});

/** Only the long form plays lists: what is out is the same code. */
const isPlayedShort = ([feed]: Row): boolean => isLong || (feed !== hosts && feed !== knowledgeBase);

function chosen(): Outage[] {
  const short = ROUTES.filter(isPlayedShort).map((row) => toOutage(row, TEN_MINUTES, 5));
  const day = ROUTES.filter(([feed, of]) => isLong || (feed === vm && of === 'the pages')).map((row) =>
    toOutage(row, 30, 360),
  );
  if (!isLong) return [...day, ...short];
  const hours = ROUTES.map((row) => toOutage(row, 6, 60));
  const days = ROUTES.filter(([, of]) => of === 'everything').map((row) => toOutage(row, 60, 720));
  const large = ROUTES.filter(([feed, of]) => (feed === vm || feed === edr) && /^(everything|the pages)$/.test(of)).map(
    (row) => ({ ...toOutage(row, 30, 60), records: LARGE, settings: LARGE_SETTINGS }),
  );
  const pattern = new RegExp(process.env.CELLS ?? '', 'iu');
  return [...large, ...days, ...day, ...hours, ...short].filter(({ feed, of, hours: length, records }) =>
    pattern.test(`${feed.name}: ${of} ${length} ${records}`),
  );
}

beforeAll(async () => {
  warpTime();
  await openAzurite(2 * chosen().length);
});
afterAll(closeAzurite);

function problemsOf({
  calls,
  caughtUpMinutes,
  lost,
  mayCost,
  remains,
  slices,
  undisturbed,
  violations,
}: OutageResult): string[] {
  return [
    ...(lost > 0 ? [`${lost} records are lost`] : []),
    ...(calls > undisturbed.calls + mayCost
      ? [`${calls - undisturbed.calls} calls more, at most ${mayCost} may be`]
      : []),
    ...(slices > undisturbed.slices ? [`${slices} slices instead of ${undisturbed.slices}`] : []),
    ...(caughtUpMinutes === undefined || caughtUpMinutes > 15
      ? [`caught up after ${caughtUpMinutes ?? '?'} minutes`]
      : []),
    ...remains,
    ...violations,
  ];
}

/** Plays some at once; none may wait for another, because time stands still while one is at work. */
async function playAll<T>(all: readonly T[], play: (each: T) => Promise<void>): Promise<void> {
  const waiting = [...all];
  const next = async (): Promise<void> => {
    for (let each = waiting.shift(); each !== undefined; each = waiting.shift()) await play(each);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, () => takePart(next)));
}

test('an outage of any route costs few calls, and nothing of it remains', { timeout: 7_200_000 }, async () => {
  const outages = chosen();
  const undisturbed = new Map<string, Undisturbed>();
  const times = new Map(outages.map((outage) => [undisturbedKey(outage), outage]));
  await playAll([...times], async ([key, outage]) => void undisturbed.set(key, await playUndisturbed(outage)));
  const bad: { name: string; problems: string[] }[] = [];
  await playAll(outages, async (outage) => {
    const { calls, slices } = undisturbed.get(undisturbedKey(outage)) ?? { calls: 0, slices: 0 };
    const result = await playOutage(outage, { calls, slices });
    const problems = problemsOf(result);
    const caughtUp = `caught up after ${result.caughtUpMinutes?.toFixed(1) ?? '?'} min`;
    console.log(`${result.name}: ${result.calls - calls} calls more than ${calls}, ${caughtUp}`, ...problems);
    if (problems.length > 0) bad.push({ name: result.name, problems });
  });
  expect(bad).toEqual([]);
});
