import { describe, expect, test } from 'vitest';
import { vmActivityLog } from '../../../../src/lib/streams/vm-activity-log/index.ts';
import { startFeed } from '../../../support/feeds.ts';

const FROM = '2026-03-01T10:00:00Z';
const TO = '2026-03-01T11:00:00Z';
const at = (second: number): string => new Date(Date.parse(FROM) + second * 1000).toISOString();
const SMALL = { ACTIVITY_PAGE_SIZE: '3' };

describe('a window of the activity log', () => {
  test('is read to its end, page by page, equal entries included', async () => {
    const feed = await startFeed(vmActivityLog, { seed: 1 }, SMALL);
    const activity = Array.from({ length: 11 }, (_, index) => ({
      time: at(Math.floor(index / 4)),
      details: 'the same',
    }));
    feed.simulator.changeData({ activity: [...activity, { time: TO, details: 'of the next window' }] });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 11, rows: 11 } });
    expect(new Set(feed.column('RowKey')).size).toBe(11);
  });

  test('is complete where the page of its end is full', async () => {
    const feed = await startFeed(vmActivityLog, {}, SMALL);
    feed.simulator.changeData({ activity: [1, 2, 3].map((second) => ({ time: at(second), details: `e${second}` })) });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 3 } });
  });

  test('is found whole again where the footer of a page is lost', async () => {
    const feed = await startFeed(vmActivityLog, {}, SMALL);
    const activity = Array.from({ length: 8 }, (_, second) => ({ time: at(second), details: `e${second}` }));
    feed.simulator.changeData({ activity });
    feed.simulator.setFaults({ kind: 'lost-warning', route: '/activity_log/', nth: 2 });
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 8, rows: 8 } });
  });

  test('waits where Qualys answers something else', async () => {
    const feed = await startFeed(vmActivityLog);
    feed.simulator.setFaults({ kind: 'html', route: '/activity_log/', count: 'always' });
    const [window] = await feed.ingest(FROM, TO, 2);
    expect(window?.state).not.toBe('closed');
    expect(window?.lastError).toMatch(/web page/);
  });
});
