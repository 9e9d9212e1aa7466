import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { vmDetections } from '../../../../src/lib/streams/vm-detections/index.ts';
import { startFeed, type StreamBench } from '../../../support/feeds.ts';
import { serve } from '../../qualys/local-server.ts';

const FROM = '2026-05-01T10:00:00Z';
const TO = '2026-05-01T11:00:00Z';
const PAGE_SIZE = 20;
const START = '<?xml version="1.0" encoding="UTF-8" ?>';

type Query = URLSearchParams;
type Answer = (response: ServerResponse, query: Query) => void;

/** A vendor whose list of ids answers as it likes; its pages are as documented unless `page` answers. */
interface Vendor {
  readonly hosts: readonly number[];
  readonly list: Answer;
  /** False for a page as documented. */
  readonly page?: (response: ServerResponse, query: Query) => boolean;
}

async function startVendor({ hosts, list, page }: Vendor): Promise<{ feed: StreamBench; calls: string[] }> {
  const calls: string[] = [];
  const { url } = await serve(({ url: path, body }, response) => {
    const query = new URLSearchParams(body);
    const isPage = path.includes('/vm/detection/');
    calls.push(isPage ? 'page' : 'list');
    if (!isPage) list(response, query);
    else if (page?.(response, query) !== true) response.end(pageOf(hosts, query));
  });
  const feed = await startFeed(vmDetections, {}, { VM_TRUNCATION_LIMIT: String(PAGE_SIZE), QUALYS_API_URL: url });
  return { feed, calls };
}

const boundsOf = (query: Query): [number, number] => [
  Number(query.get('id_min') ?? 0),
  Number(query.get('id_max') ?? Infinity),
];

function pageOf(hosts: readonly number[], query: Query): string {
  const [idMin, idMax] = boundsOf(query);
  const selected = hosts.filter((id) => id >= idMin && id <= idMax);
  const detection = '<DETECTION><UNIQUE_VULN_ID>1</UNIQUE_VULN_ID><QID>1</QID></DETECTION>';
  const elements = selected
    .slice(0, PAGE_SIZE)
    .map((id) => `<HOST><ID>${id}</ID><DETECTION_LIST>${detection}</DETECTION_LIST></HOST>`);
  const next = selected[PAGE_SIZE];
  const warning =
    next === undefined ? '' : `<WARNING><CODE>1980</CODE><URL><![CDATA[https://q/?id_min=${next}]]></URL></WARNING>`;
  const list = elements.length === 0 ? '' : `<HOST_LIST>${elements.join('')}</HOST_LIST>`;
  const root = 'HOST_LIST_VM_DETECTION_OUTPUT';
  return `${START}<${root}><RESPONSE>${list}${warning}</RESPONSE></${root}>`;
}

const idSet = (content: string): string =>
  `${START}<HOST_LIST_OUTPUT><RESPONSE><ID_SET>${content}</ID_SET></RESPONSE></HOST_LIST_OUTPUT>`;

/** Every second id, so that cuts fall into gaps too. */
const hostsUpTo = (count: number): number[] => Array.from({ length: count }, (_, index) => 100 + 2 * index);

const uploaded = (feed: StreamBench): number[] =>
  feed
    .column('HostId')
    .map(Number)
    .sort((left, right) => left - right);

/** Breaks off the pages that a host is on. */
function breakPage(response: ServerResponse, query: Query, host: number): boolean {
  const [idMin, idMax] = boundsOf(query);
  const isOn = idMin <= host && host <= idMax;
  if (isOn) response.destroy();
  return isOn;
}

async function expectAllBut(feed: StreamBench, host: number, hosts: readonly number[]): Promise<void> {
  expect(uploaded(feed)).toEqual(hosts.filter((id) => id !== host));
  const open = (await feed.windows()).filter(({ state }) => state !== 'closed');
  expect(open).toHaveLength(1);
  expect(open[0]?.lastError).toContain(`host ${host} is left out`);
}

test('a list with a range of more ids than there can be hosts is cut without a gap', async () => {
  const list: Answer = (response) => response.end(idSet('<ID_RANGE>1-9999999999999999999</ID_RANGE>'));
  const { feed } = await startVendor({ hosts: [], list });
  const windows = await feed.ingest(FROM, TO, 0);
  const edges = windows
    .map(({ slice = '' }) => slice.slice('ids.'.length).split('-').map(BigInt))
    .sort(([left = 0n], [right = 0n]) => (left < right ? -1 : 1));
  expect(edges).toHaveLength(64);
  edges.slice(1).forEach(([idMin], index) => expect(idMin).toBe((edges[index]?.[1] ?? 0n) + 1n));
});

test('a list that goes beyond the range asked for never cuts a slice into itself', async () => {
  const hosts = hostsUpTo(8);
  const broken = 104;
  const { feed } = await startVendor({
    hosts,
    list: (response) => response.end(idSet(hosts.map((id) => `<ID>${id}</ID>`).join(''))),
    page: (response, query) => breakPage(response, query, broken),
  });
  await feed.ingest(FROM, TO, 80);
  await expectAllBut(feed, broken, hosts);
});

test('hosts that the list leaves out are read even beside one that breaks every page it is on', async () => {
  const hosts = hostsUpTo(5);
  const broken = 104;
  const { feed } = await startVendor({
    hosts,
    list: (response, query) => {
      const [idMin, idMax] = boundsOf(query);
      response.end(idSet(idMin <= broken && broken <= idMax ? `<ID>${broken}</ID>` : ''));
    },
    page: (response, query) => breakPage(response, query, broken),
  });
  await feed.ingest(FROM, TO, 80);
  await expectAllBut(feed, broken, hosts);
});

const refusal = (code: string): string =>
  `<SIMPLE_RETURN><RESPONSE><CODE>${code}</CODE><TEXT>refused</TEXT></RESPONSE></SIMPLE_RETURN>`;

test.for([
  [200, '2000', ['list']],
  [403, '2000', ['list']],
  [409, '2003', ['list']],
  [403, '1234', ['list', 'page']],
] as const)(
  'after the list is refused with HTTP %i and code %s, the calls are %j',
  async ([status, code, expected]) => {
    const list: Answer = (response) => response.writeHead(status).end(refusal(code));
    const { feed, calls } = await startVendor({ hosts: hostsUpTo(3), list });
    await feed.bench.process(await feed.bench.open(FROM, TO));
    expect(calls).toEqual(expected);
  },
);

test('a damaged list that does not end is given up at once', async () => {
  const hosts = hostsUpTo(3);
  let isOpen = false;
  const list: Answer = (response) => {
    isOpen = true;
    response.on('close', () => (isOpen = false));
    response.write(idSet('<ID>1</ID></NO_SUCH>'));
  };
  const { feed } = await startVendor({ hosts, list });
  await feed.ingest(FROM, TO);
  expect(uploaded(feed)).toEqual(hosts);
  await expect.poll(() => isOpen).toBe(false);
});
