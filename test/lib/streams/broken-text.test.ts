import { describe, expect, test } from 'vitest';
import type { WindowRecord } from '../../../src/lib/pipeline/ports.ts';
import { edrIncidents } from '../../../src/lib/streams/edr-incidents/index.ts';
import { startFeed, type StreamBench } from '../../support/feeds.ts';
import { serveHttp } from '../../support/http-server.ts';
import { eventsIn, startLyingEdr, type Lies } from '../../support/lying-edr.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T10:15:00Z';
const LATER = '2026-05-01T10:30:00Z';
const DAY_MS = 86_400_000;

/** Makes a page's text out of the right one; `nth` is how many pages were asked for before. */
type Spoil = (json: string, nth: number) => string | Buffer;

/** A vendor whose texts are in the test's hands. */
interface Vendor {
  readonly feed: StreamBench;
  readonly pages: () => number;
  spoil: Spoil;
  /** Names that were uploaded, in the order of the records. */
  readonly names: () => unknown[];
}

const SECOND = '"r-1"';
/** Puts bytes into the second record. */
const put = (json: string, ...bytes: number[]): Buffer => {
  const [before = '', after = ''] = json.split(SECOND);
  return Buffer.concat([Buffer.from(`${before}"r-1`), Buffer.from(bytes), Buffer.from(`"${after}`)]);
};

async function startEvents(paging: 'pages' | 'searchAfter'): Promise<Vendor> {
  const events = [...eventsIn(FROM, 900, 3, 'e'), ...eventsIn('2026-05-01T10:15:02Z', 890, 3, 'f')];
  const named = events.map((event, at) => ({ ...event, note: `r-${at % 3}` }));
  const edr = await startLyingEdr(named, {}, { EDR_PAGING: paging });
  let pages = 0;
  const vendor: Vendor = {
    feed: edr.feed,
    pages: () => pages,
    spoil: (json) => json,
    names: () => edr.feed.column('Record').map((record) => (record as { note: string }).note),
  };
  // The probe behind a page that fails asks for a day before.
  edr.lies.text = (json, { from }) => (from.startsWith('2026-04-30') ? json : vendor.spoil(json, pages++));
  return vendor;
}

async function startIncidents(): Promise<Vendor> {
  let pages = 0;
  const token = ['{"alg":"none"}', '{"exp":4102444800}', 'x'].map((part) => Buffer.from(part).toString('base64url'));
  const { url } = await serveHttp(({ url: path }, response) => {
    response.setHeader('content-type', 'application/json');
    if (path.startsWith('/auth')) return void response.writeHead(201).end(token.join('.'));
    const query = new URL(path, 'http://vendor.test').searchParams;
    // The probe behind a page that fails.
    if (query.get('pageSize') === '1') return void response.end('[]');
    const isLater = (query.get('filter') ?? '').includes('10:14:59');
    const updatedOn = isLater ? '2026-05-01T10:20:00Z' : '2026-05-01T10:05:00Z';
    const records = query.has('searchAfterValues')
      ? []
      : [0, 1, 2].map((at) => ({ id: `${at}-${updatedOn}`, name: `r-${at}`, updatedOn }));
    if (records.length > 0) response.setHeader('searchAfterValues', '[1]');
    response.end(vendor.spoil(JSON.stringify(records), pages++));
  });
  const feed = await startFeed(edrIncidents, {}, {}, () => url);
  const vendor: Vendor = {
    feed,
    pages: () => pages,
    spoil: (json) => json,
    names: () => feed.column('IncidentName'),
  };
  return vendor;
}

const STARTS: readonly (readonly [string, () => Promise<Vendor>])[] = [
  ['events by pages', () => startEvents('pages')],
  ['events by searchAfter', () => startEvents('searchAfter')],
  ['incidents', startIncidents],
];
const GARBAGE: readonly (readonly [string, readonly number[], string])[] = [
  ['control characters', [0x00, 0x1f], '\u0000\u001f'],
  ['bytes that are not UTF-8', [0xc3, 0x28], '\uFFFD('],
];

/** Lets the window be tried once. */
async function tryOnce(vendor: Vendor): Promise<WindowRecord | undefined> {
  await vendor.feed.ingest(FROM, TO, 0);
  return (await vendor.feed.windows())[0];
}

describe.for(STARTS)('broken text in a page of %s', ([, start]) => {
  test.for(GARBAGE)('is read again before it is ingested: %s', async ([, bytes]) => {
    const vendor = await start();
    vendor.spoil = (json, nth) => (nth === 0 ? put(json, ...bytes) : json);
    const refused = await tryOnce(vendor);
    expect(refused).toMatchObject({ state: 'planned', attempts: 1, counts: { rows: 0, fetched: 0 } });
    expect(refused?.lastError).toMatch(
      /^an answer of \/ioc\/\S+ holds raw control characters .* in the record at byte \d+;/,
    );
    await vendor.feed.workOff();
    const [window] = await vendor.feed.windows();
    expect(window).toMatchObject({ state: 'closed', attempts: 0, counts: { rows: 3, fetched: 3 } });
    expect(window?.counts.repaired ?? 0).toBe(0);
    expect(vendor.names()).toEqual(['r-0', 'r-1', 'r-2']);
    expect(vendor.feed.bench.log.events()).not.toContain('RecordsRepaired');
  });

  test.for(GARBAGE)('that comes the same again is repaired, and told: %s', async ([, bytes, text]) => {
    const vendor = await start();
    vendor.spoil = (json) => (json.includes(SECOND) ? put(json, ...bytes) : json);
    await vendor.feed.ingest(FROM, TO);
    const [window] = await vendor.feed.windows();
    expect(window).toMatchObject({ state: 'closed', counts: { rows: 3, fetched: 3, repaired: 1 } });
    expect(vendor.names()).toEqual(['r-0', `r-1${text}`, 'r-2']);
    const lines = vendor.feed.bench.log.lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ event }) => event === 'PageFetchFailed')).toHaveLength(1);
    expect(lines.find(({ event }) => event === 'RecordsRepaired')).toMatchObject({ records: 1 });
  });

  test('that comes in another way is read once more', async () => {
    const vendor = await start();
    vendor.spoil = (json, nth) => (nth < 3 ? put(json, nth + 1) : json);
    await vendor.feed.ingest(FROM, TO);
    expect(await vendor.feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 3 } }]);
    expect(vendor.names()).toEqual(['r-0', 'r-1', 'r-2']);
  });

  test('that comes in another way each time is repaired before the window counts as failed', async () => {
    const vendor = await start();
    vendor.spoil = (json, nth) => (json.includes(SECOND) ? put(json, (nth % 30) + 1) : json);
    await vendor.feed.ingest(FROM, TO);
    expect(await vendor.feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 3, repaired: 1 } }]);
    expect(vendor.feed.bench.log.events()).not.toContain('WindowFailed');
  });

  test('is repaired at once for a day on a route where it came the same again', async () => {
    const vendor = await start();
    const failures = (): number => vendor.feed.bench.log.events().filter((event) => event === 'PageFetchFailed').length;
    vendor.spoil = (json) => (json.includes(SECOND) ? put(json, 1) : json);
    await vendor.feed.ingest(FROM, TO);
    expect(failures()).toBe(1);
    await vendor.feed.ingest(TO, LATER);
    expect(failures()).toBe(1);
    expect(await vendor.feed.windows()).toMatchObject([{ counts: { repaired: 1 } }, { counts: { repaired: 1 } }]);
    vendor.feed.bench.clock.forward(DAY_MS);
    await vendor.feed.bench.process(await vendor.feed.bench.open(FROM, TO, { run: 'again' }));
    expect(failures()).toBe(2);
  });

  test('is refused for the page it came on only', async () => {
    const vendor = await start();
    vendor.spoil = (json, nth) => (nth === 0 ? put(json, 1) : json);
    await vendor.feed.ingest(FROM, TO);
    vendor.spoil = (json) => (json.includes(SECOND) ? put(json, 1) : json);
    const asked = vendor.pages();
    await vendor.feed.ingest(TO, LATER, 0);
    expect((await vendor.feed.windows())[1]).toMatchObject({ state: 'planned', counts: { rows: 0 } });
    expect(vendor.pages()).toBe(asked + 1);
  });
});

describe('broken text far into a page', () => {
  test('of events is refused as soon as it is seen, and what was uploaded before comes once', async () => {
    const note = 'x'.repeat(50_000);
    const events = eventsIn(FROM, 900, 700).map((event) => ({ ...event, note }));
    const lies: Lies = {
      text: (json, { nth }) => (nth === 0 ? json.replace('e-000690', 'e-000690\u0001') : json),
    };
    const edr = await startLyingEdr(events, lies, { EDR_PAGE_SIZE: '1000' });
    await edr.feed.ingest(FROM, TO, 0);
    const [refused] = await edr.feed.windows();
    expect(refused).toMatchObject({ state: 'planned', attempts: 1 });
    expect(refused?.counts.rows).toBeGreaterThan(0);
    await edr.feed.workOff();
    expect(edr.ids()).toEqual(events.map(({ id }) => id));
    expect(await edr.feed.windows()).toMatchObject([{ state: 'closed', counts: { rows: 700, fetched: 700 } }]);
  });
});
