import { expect } from 'vitest';
import type { Simulator } from '../../dev/simulator/start-simulator.ts';
import { isFinished } from '../../src/lib/pipeline/plan-windows.ts';
import type { CheckpointStore } from '../../src/lib/pipeline/ports.ts';
import { gaps, toInterval } from '../../src/lib/pipeline/window.ts';
import { FEEDS } from './all-feeds.ts';

// What tests in real time, with hosts in processes of their own, have to know of the streams.

/** A feed with its stream. */
export type StreamFeed = (typeof FEEDS)[number];

/** Feeds that are read by time, so that several windows of them can be at work at once. */
export const BY_TIME: readonly StreamFeed[] = FEEDS.filter(({ feed }) => feed.place !== undefined);

/** Settings by which feeds are read from an ISO time until shortly before now, in windows of so many minutes. */
export function realTimeSettings(
  feeds: readonly StreamFeed[],
  from: string,
  windowMinutes: number,
): Record<string, string> {
  const values = Object.entries({
    _SCHEDULE: '*/8 * * * * *',
    _START: from,
    _SAFETY_LAG_SECONDS: '10',
    _WINDOW_MINUTES: String(windowMinutes),
  });
  const settings = feeds.flatMap(({ feed, stream }) => [
    ...Object.entries(feed.settings),
    ...Object.keys(stream.settings).flatMap((name) =>
      values.filter(([end]) => name.endsWith(end)).map(([, value]) => [name, value] as const),
    ),
  ]);
  return Object.fromEntries(settings);
}

/** Expects of a feed that all of a span is ingested, each record by its own keys, in windows that leave no gap. */
export async function expectIngested(
  { feed }: StreamFeed,
  rows: readonly Readonly<Record<string, unknown>>[],
  { simulator, store, span }: { simulator: Simulator; store: CheckpointStore; span: { from: string; to: string } },
): Promise<void> {
  const ids = feed.ids(simulator, span);
  const received = new Set(rows.map(feed.idOf));
  expect(
    ids.filter((id) => !received.has(id)),
    `lost of ${feed.name}`,
  ).toEqual([]);
  expect(received.size, `records of ${feed.name}`).toBe(new Set(ids).size);
  expect(new Set(rows.map(({ RowKey }) => RowKey)).size, `keys of ${feed.name}`).toBe(ids.length);
  const windows = (await store.listWindows(feed.name, 'live')).filter(({ from }) => from < span.to);
  expect(windows.filter((window) => !isFinished(window) || window.state === 'incomplete')).toEqual([]);
  expect(gaps(toInterval(span), windows.map(toInterval)), `windows of ${feed.name}`).toEqual([]);
}
