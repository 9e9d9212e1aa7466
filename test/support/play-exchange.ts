import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StreamDefinition } from '../../src/lib/streams/stream-definition.ts';
import { startFeed, type StreamBench } from './feeds.ts';
import { serveHttp } from './http-server.ts';

/** An answer of the vendor's to one request. */
interface ExchangeAnswer {
  /** Path that is asked for, and what stands in its query or its form besides. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** File beside the exchange that holds the body, or the body itself. */
  readonly file?: string;
  readonly body?: string;
}

/** What a stream says to the vendor in a window, and the vendor to it: `exchange.json` among its fixtures. */
interface Exchange {
  readonly window: { readonly from: string; readonly to: string };
  readonly settings?: Readonly<Record<string, string>>;
  readonly answers: readonly ExchangeAnswer[];
}

/** When the windows are read: it stands in rows that tell no time of their own. */
const READ_AT = '2026-03-01T12:00:00Z';

/** Folder of a stream's fixtures. */
export function fixturesOf(stream: string): string {
  return join(import.meta.dirname, '../lib/streams', stream, 'fixtures');
}

/** Has a stream read the window of its exchange over HTTP. `unasked` and `unanswered` tell what of the exchange did not take place. */
export async function playExchange(
  definition: StreamDefinition,
): Promise<{ readonly feed: StreamBench; readonly unasked: readonly ExchangeAnswer[]; readonly unanswered: string[] }> {
  const folder = fixturesOf(definition.name);
  const { answers, settings, window } = JSON.parse(readFileSync(join(folder, 'exchange.json'), 'utf8')) as Exchange;
  const unasked = [...answers];
  const unanswered: string[] = [];
  const { url } = await serveHttp(({ body: form, url: target }, response) => {
    const { pathname, searchParams } = new URL(target, 'http://vendor.test');
    const asked = new URLSearchParams([...searchParams, ...new URLSearchParams(form.toString())]);
    const place = unasked.findIndex(
      ({ path, query = {} }) =>
        path === pathname && Object.entries(query).every(([name, value]) => asked.get(name) === value),
    );
    const [answer] = place < 0 ? [] : unasked.splice(place, 1);
    if (answer === undefined) unanswered.push(`${pathname}?${asked.toString()}`);
    const { body = '', file, headers = {}, status = 200 } = answer ?? { status: 404 };
    response.writeHead(status, headers);
    response.end(file === undefined ? body : readFileSync(join(folder, file)));
  });
  const feed = await startFeed(definition, {}, settings, () => url);
  feed.bench.clock.forward(Date.parse(READ_AT) - feed.bench.clock.now().getTime());
  await feed.ingest(window.from, window.to, 0);
  return { feed, unasked, unanswered };
}
