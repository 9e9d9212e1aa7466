import { edrEvents } from '../../src/lib/streams/edr-events/index.ts';
import { startFeed, type StreamBench } from './feeds.ts';
import { serveHttp } from './http-server.ts';

/** An event as the vendor of a test keeps it; `time` in ISO 8601, given as it is written. */
export interface TestEvent {
  readonly id: string;
  readonly time: string;
  readonly type?: string;
  readonly note?: string;
}

/** What is asked of the vendor. */
export interface Asked {
  readonly from: string;
  readonly to: string;
  readonly filter: string;
  readonly state: string | null;
  /** Events that the filter selects. */
  readonly events: readonly TestEvent[];
  /** How many counts or pages were asked for before. */
  readonly nth: number;
}

/** How the vendor lies; what is left out is told truly. */
export interface Lies {
  readonly count?: (asked: Asked) => number;
  /** The status of a page, where it is not 200. */
  readonly status?: (asked: {
    readonly from: string;
    readonly size: number;
    readonly page: number;
  }) => number | undefined;
  /** Most events a page, whatever is asked for. */
  readonly cap?: number | ((asked: Asked) => number);
  /** Makes a page out of what it should hold. */
  readonly page?: (events: readonly TestEvent[], asked: Asked & { readonly page: number }) => readonly TestEvent[];
  /** Makes an answer out of the text of a page. */
  readonly text?: (json: string, asked: Asked & { readonly page: number }) => string | Buffer;
  /** Whether the event is selected; by default by its time, both bounds included. */
  readonly selects?: (event: TestEvent, asked: Pick<Asked, 'from' | 'to' | 'filter'>) => boolean;
  /** Cursors of searchAfter, by the page that they are given with; undefined ends the chain. */
  readonly cursor?: (page: number, size: number, total: number) => string | undefined;
}

/** A vendor of EDR events whose every word is in the test's hands. */
export interface LyingEdr {
  readonly feed: StreamBench;
  /** May be changed at any time. */
  readonly events: TestEvent[];
  readonly lies: { -readonly [K in keyof Lies]: Lies[K] };
  readonly calls: { counts: number; pages: number };
  /** Ids of the events that were uploaded, sorted. */
  readonly ids: () => string[];
}

/** Starts such a vendor and a pipeline before it. */
export async function startLyingEdr(
  events: readonly TestEvent[],
  lies: Lies = {},
  settings: Readonly<Record<string, string>> = {},
): Promise<LyingEdr> {
  const held = [...events];
  const told = { ...lies };
  const calls = { counts: 0, pages: 0 };
  const token = ['{"alg":"none"}', '{"exp":4102444800}', 'x'].map((part) => Buffer.from(part).toString('base64url'));
  const { url } = await serveHttp(({ url: path }, response) => {
    response.setHeader('content-type', 'application/json');
    if (path.startsWith('/auth')) return void response.writeHead(201).end(token.join('.'));
    const query = new URL(path, 'http://vendor.test').searchParams;
    const filter = query.get('filter') ?? '';
    const [, from = '', to = ''] = /\['([^']+)' \.\. '([^']+)'\]/.exec(filter) ?? [];
    const selects = told.selects ?? isWithin;
    const selected = held.filter((event) => selects(event, { from, to, filter }));
    const asked = { from, to, filter, state: query.get('state'), events: selected, nth: 0 };
    if (path.includes('/count')) {
      const nth = calls.counts++;
      const count = told.count?.({ ...asked, nth }) ?? selected.length;
      return void response.end(JSON.stringify({ count }));
    }
    const nth = calls.pages++;
    const cap = typeof told.cap === 'function' ? told.cap({ ...asked, nth }) : (told.cap ?? Infinity);
    const size = Math.min(Number(query.get('pageSize')), cap);
    const isChain = path.includes('searchAfter');
    // Cursors tell how many events lie before a page, so that they hold for pages of another size.
    const page = isChain
      ? Number(query.get('searchAfterValues') ?? '0') / size
      : Number(query.get('pageNumber') ?? '0');
    const status = told.status?.({ from, size, page });
    if (status !== undefined) return void response.writeHead(status).end();
    const right = selected.slice(page * size, (page + 1) * size);
    const given = told.page?.(right, { ...asked, nth, page }) ?? right;
    const cursorOf = told.cursor ?? ((at, each, total) => ((at + 1) * each < total ? String(at + 1) : undefined));
    const cursor = isChain ? cursorOf(page, size, selected.length) : undefined;
    if (cursor !== undefined) response.setHeader('searchAfterValues', String(Number(cursor) * size));
    const json = JSON.stringify(given.map(toRecord));
    response.end(told.text?.(json, { ...asked, nth, page }) ?? json);
  });
  const feed = await startFeed(edrEvents, {}, settings, () => url);
  return { feed, events: held, lies: told, calls, ids: () => (feed.column('EventId') as string[]).toSorted() };
}

/** Events spread evenly over a span. */
export function eventsIn(from: string, seconds: number, count: number, prefix = 'e'): TestEvent[] {
  return Array.from({ length: count }, (_, at) => ({
    id: `${prefix}-${String(at).padStart(6, '0')}`,
    time: new Date(Date.parse(from) + Math.floor((at * seconds * 1000) / count)).toISOString(),
  }));
}

function isWithin({ time }: TestEvent, { from, to }: { readonly from: string; readonly to: string }): boolean {
  const at = Date.parse(time);
  return at >= Date.parse(from) && at <= Date.parse(to);
}

function toRecord({ id, time, type = 'FILE', note }: TestEvent): object {
  return { id, type, eventProcessedTime: time, action: 'CREATED', ...(note === undefined ? {} : { note }) };
}
