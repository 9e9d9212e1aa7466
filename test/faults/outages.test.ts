import { afterAll, beforeAll, expect, test } from 'vitest';
import { FEEDS } from './all-feeds.ts';
import type { Feed, RouteOutage } from './feeds.ts';
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
const LARGE = 50_000;
const OPTIONS = { timeout: 7_200_000 };

interface Row {
  readonly feed: Feed;
  readonly outage: RouteOutage;
}

/** Each route by itself and all of them, in the forms that an outage takes. */
const ROWS: readonly Row[] = FEEDS.flatMap(({ feed }) => feed.outages.map((outage) => ({ feed, outage })));

const toOutage = ({ feed, outage }: Row, hours: number, tickMinutes: number): Outage => ({
  feed,
  ...outage,
  hours,
  tickMinutes,
  records: 200,
  settings: feed.outageSettings,
});

/** Only the long form plays lists: what is out is the same code. */
const isPlayedShort = ({ feed }: Row): boolean => isLong || feed.place !== undefined;

const isPlayedForADay = ({ outage }: Row): boolean => isLong || outage.isPlayedForADay === true;

function chosen(): Outage[] {
  const short = ROWS.filter(isPlayedShort).map((row) => toOutage(row, TEN_MINUTES, 5));
  const day = ROWS.filter(isPlayedForADay).map((row) => toOutage(row, 30, 360));
  const hours = isLong ? ROWS.map((row) => toOutage(row, 6, 60)) : [];
  const days = ROWS.filter(({ outage }) => isLong && outage.of === 'everything').map((row) => toOutage(row, 60, 720));
  const large = ROWS.flatMap((row): Outage[] => {
    const { largeSettings: settings } = row.feed;
    const isLarge = isLong && settings !== undefined && /^(everything|the pages)$/.test(row.outage.of);
    return isLarge ? [{ ...toOutage(row, 30, 60), records: LARGE, settings }] : [];
  });
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

const NAMES = FEEDS.map(({ feed }) => feed.name);

test.each(NAMES)('%s: an outage of any route costs few calls, and nothing of it remains', OPTIONS, async (name) => {
  const outages = chosen().filter(({ feed }) => feed.name === name);
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
