import { describe, expect, test } from 'vitest';
import { parseSettings } from '../../../../src/lib/config.ts';
import { vmActivityLog } from '../../../../src/lib/streams/vm-activity-log/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';
import { serveHttp } from '../../../support/http-server.ts';
import { LEAST_SETTINGS } from '../../../support/settings.ts';

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

  test('begins anew where an earlier build stored bounds for a filter', async () => {
    const feed = await startFeed(vmActivityLog, {}, SMALL);
    const activity = [1, 2, 3, 4, 5].map((second) => ({ time: at(second), details: `e${second}` }));
    feed.simulator.changeData({ activity: [...activity, { time: '2026-02-01T10:00:00Z', details: 'long before' }] });
    await feed.bench.process(
      await feed.bench.open(FROM, TO, { cursor: { page: 1, after: '4', filter: `${FROM}/${TO}`, size: 3 } }),
    );
    await feed.workOff();
    expect(feed.column('Details').toSorted()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
  });

  test('waits where Qualys answers something else', async () => {
    const feed = await startFeed(vmActivityLog);
    feed.simulator.setFaults({ kind: 'html', route: '/activity_log/', count: 'always' });
    const [window] = await feed.ingest(FROM, TO, 2);
    expect(window?.state).not.toBe('closed');
    expect(window?.lastError).toMatch(/web page/);
  });
});

const HEADER = '"Date","Action","Module","Details","User Name","User Role","User IP"';
const PROBE_FROM = '2026-02-28';

/** What is asked for on a page. */
interface Asked {
  readonly size: number;
  readonly isProbe: boolean;
}

/** A vendor that pages through a log by the numbers of its entries, and whose pages are in the test's hands. */
async function startVendor(
  details: readonly string[],
  spoil: (page: string, asked: Asked) => string | Buffer,
  changes: Readonly<Record<string, string>> = {},
): Promise<{ readonly feed: StreamBench; readonly sizes: number[] }> {
  const sizes: number[] = [];
  const { url } = await serveHttp(({ body, url: path }, response) => {
    const query = new URLSearchParams(`${body.toString()}&${path.split('?')[1] ?? ''}`);
    const size = Number(query.get('truncation_limit'));
    const isProbe = query.get('since_datetime')?.startsWith(PROBE_FROM) === true;
    if (!isProbe) sizes.push(size);
    const start = Number(query.get('id_max') ?? 0);
    const lines = isProbe ? [] : details.slice(start, start + size);
    const text = lines.map((detail) => `"${at(5)}","login","auth","${detail}","u","Reader","10.0.0.1"\n`).join('');
    const url = `https://vendor.test/?id_max=${start + size}\n`;
    const footer = `----BEGIN_RESPONSE_FOOTER_CSV\nWARNING\n"CODE","TEXT","URL"\n"1980","","${url}"\n----END_RESPONSE_FOOTER_CSV\n`;
    const page = `----BEGIN_RESPONSE_BODY_CSV\n${HEADER}\n${text}----END_RESPONSE_BODY_CSV\n`;
    const isLast = isProbe || start + size >= details.length;
    response.setHeader('content-type', 'text/csv');
    response.end(spoil(isLast ? page : `${page}${footer}`, { size, isProbe }));
  });
  return { feed: await startFeed(vmActivityLog, {}, changes, () => url), sizes };
}

describe('a page of the activity log', () => {
  test('with a byte order mark is read as one without', async () => {
    const { feed } = await startVendor(['a', 'b'], (page) => `\uFEFF${page}`);
    expect(await feed.ingest(FROM, TO)).toMatchObject([{ state: 'closed', counts: { rows: 2, calls: 1 } }]);
  });

  test('with bytes that are not UTF-8 is read again before anything of it is ingested', async () => {
    let pages = 0;
    const { feed } = await startVendor(['a', '#'], (page, { isProbe }) => {
      const bytes = Buffer.from(page);
      if (!isProbe && pages++ === 0) bytes[bytes.indexOf('#')] = 0xff;
      return bytes;
    });
    await feed.ingest(FROM, TO, 0);
    const [refused] = await feed.windows();
    expect(refused).toMatchObject({ attempts: 1, counts: { rows: 0 } });
    expect(refused?.lastError).toMatch(
      /^an answer of \/fo\/activity_log\/ holds .* in the record at byte \d+; it is read again/,
    );
    await feed.workOff();
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 2 } }]);
    expect(feed.column('Details')).toEqual(['a', '#']);
  });

  test('whose bytes are not UTF-8 each time is repaired, counted and told', async () => {
    const { feed } = await startVendor(['a', '#'], (page, { isProbe }) => {
      const bytes = Buffer.from(page);
      if (!isProbe) bytes[bytes.indexOf('#')] = 0xff;
      return bytes;
    });
    await feed.ingest(FROM, TO);
    expect(await feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 2, repaired: 1 } }]);
    expect(feed.column('Details')).toEqual(['a', '\uFFFD']);
    expect(feed.bench.log.events()).toContain('RecordsRepaired');
  });

  test.each([
    ['first', 0],
    ['third', 8],
  ])('of more bytes than are taken comes with fewer entries: the %s one', async (_, heavyFrom) => {
    const details = Array.from({ length: 12 }, (__, index) =>
      index < heavyFrom ? `light ${index}` : `heavy ${index}`,
    );
    const tooLong = ' '.repeat(66 * 1024 * 1024);
    const { feed, sizes } = await startVendor(
      details,
      (page, { size }) => (size > 1 && page.includes('heavy') ? `${page}${tooLong}` : page),
      { ACTIVITY_PAGE_SIZE: '4' },
    );
    const [window] = await feed.ingest(FROM, TO);
    expect(window).toMatchObject({ state: 'closed', counts: { fetched: 12, rows: 12 } });
    expect(feed.column('Details').toSorted()).toEqual(details.toSorted());
    expect(sizes.slice(0, 2)).toEqual([4, 4]);
    expect(sizes.at(-1)).toBe(1);
  });

  test('that fails goes on failing visibly where even one entry is too much', async () => {
    const { feed } = await startVendor(['a', 'b'], (page, { isProbe }) => (isProbe ? page : page.slice(0, 60)));
    const [window] = await feed.ingest(FROM, TO, 20);
    expect(window?.state).not.toBe('closed');
    expect(window?.lastError).toMatch(/cannot be read/);
  });
});

test('a chain of pages that starts over keeps to the smaller pages that it has come to', async () => {
  const details = Array.from({ length: 12 }, (_, index) => `e${index}`);
  let lies = 1;
  const { feed, sizes } = await startVendor(
    details,
    (page, { size }) => {
      if (size === 4 && !page.includes('"e0"')) return page.slice(0, 60);
      // A page that names itself as the next one leads nowhere.
      return page.includes('"e6"') && lies-- > 0 ? page.replace(/id_max=\d+/, 'id_max=6') : page;
    },
    { ACTIVITY_PAGE_SIZE: '4' },
  );
  const [window] = await feed.ingest(FROM, TO);
  expect(window).toMatchObject({ state: 'closed', counts: { fetched: 12, rows: 12 } });
  expect(sizes).toEqual([4, 4, 4, 2, 2, 2, 2, 2, 2, 2, 2, ...sizes.slice(11)]);
  expect(sizes.slice(11)).not.toContain(4);
});

test('a chain of pages that leads in a circle comes to no smaller pages', async () => {
  const details = Array.from({ length: 12 }, (_, index) => `e${index}`);
  let lies = 5;
  const { feed, sizes } = await startVendor(
    details,
    (page) => (page.includes('"e4"') && lies-- > 0 ? page.replace(/id_max=\d+/, 'id_max=4') : page),
    { ACTIVITY_PAGE_SIZE: '4' },
  );
  const [window] = await feed.ingest(FROM, TO);
  expect(window).toMatchObject({ state: 'closed', counts: { fetched: 12, rows: 12 } });
  expect(Math.min(...sizes.slice(0, 10))).toBe(4);
});

test('an older version of the API, of which no end is known, comes without a word', () => {
  const { warnings, ...settings } = parseSettings({ ...LEAST_SETTINGS, ACTIVITY_API_VERSION: '1.0' });
  expect(settings.ACTIVITY_API_VERSION).toBe('1.0');
  expect(warnings.join('')).not.toContain('ACTIVITY_API_VERSION');
});
