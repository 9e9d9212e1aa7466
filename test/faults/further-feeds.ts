import type { Cell } from './cell.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { FEEDS, type Feed } from './feeds.ts';

const MINUTE_MS = 60_000;
const WEEK_MS = 7 * 86_400_000;
const WEEK_MINUTES = String(WEEK_MS / MINUTE_MS);

/**
 * Windows that end on a step of a week, so that none ends during the cells, however far their time is moved on: the one before the last
 * Thursday's midnight, where weeks begin that are counted from 1970.
 */
function lastWeek(now: number): { start: number; target: number } {
  const target = Math.floor(now / WEEK_MS) * WEEK_MS;
  return { start: target - WEEK_MS, target };
}

/** To just after the step. */
function toThursday(now: number): number {
  return WEEK_MS - (now % WEEK_MS) + 120 * MINUTE_MS;
}

/** Pages of five incidents. */
const incidents: Feed = {
  name: 'edr-incidents',
  table: 'QualysEdrIncidents_CL',
  windowMinutes: 15,
  settings: { INCIDENTS_WINDOW_MINUTES: '15', INCIDENTS_SAFETY_LAG_SECONDS: '60', INCIDENTS_PAGE_SIZE: '5' },
  routes: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  proxied: { first: '^GET /ioc/incidents/', page: '^GET /ioc/incidents/' },
  options: () => ({ eventCount: 0, hostCount: 0, incidentCount: 0 }),
  fill: (simulator, start) => {
    const burst = (minute: number, count: number): { id: string; updatedTime: string; record: object }[] =>
      Array.from({ length: count }, (_, index) => {
        const id = `incident-${minute}-${index}`;
        const updatedTime = new Date(start + minute * MINUTE_MS + index * 1000).toISOString();
        return { id, updatedTime, record: { id, updatedOn: updatedTime, status: 'New' } };
      });
    simulator.changeData({ incidents: [...burst(5, 8), ...burst(20, 3)] });
  },
  ids: (simulator, span) => simulator.ids('incidents', span),
  idOf: ({ IncidentId }) => String(IncidentId),
};

/** Pages of twenty QIDs. */
const knowledgeBase: Feed = {
  name: 'vm-knowledge-base',
  table: 'QualysVmKnowledgeBase_CL',
  windowMinutes: Number.POSITIVE_INFINITY,
  settings: { KB_WINDOW_MINUTES: WEEK_MINUTES, KB_SAFETY_LAG_SECONDS: '0', KB_PAGE_SIZE: '20' },
  routes: { first: '/knowledge_base/vuln/.*details=None', page: '/knowledge_base/vuln/.*details=All' },
  proxied: { first: '/knowledge_base/vuln/[^]*details=None', page: '/knowledge_base/vuln/[^]*details=All' },
  span: lastWeek,
  ahead: toThursday,
  options: () => ({ eventCount: 0, hostCount: 0, incidentCount: 0 }),
  fill: (simulator) => {
    simulator.changeData({ removedVulnerabilities: simulator.qids().slice(45).map(Number) });
  },
  ids: (simulator) => simulator.qids(),
  idOf: ({ QID }) => String(QID),
};

/** Pages of twenty hosts. */
const hosts: Feed = {
  name: 'vm-hosts',
  table: 'QualysVmHosts_CL',
  windowMinutes: Number.POSITIVE_INFINITY,
  settings: { HOSTS_WINDOW_MINUTES: WEEK_MINUTES, HOSTS_PAGE_SIZE: '20' },
  routes: { first: '/asset/host/\\?.*details=None', page: '/asset/host/\\?.*details=All' },
  proxied: { first: '/asset/host/\\n[^]*details=None', page: '/asset/host/\\n[^]*details=All' },
  span: lastWeek,
  ahead: toThursday,
  options: () => ({ eventCount: 0, incidentCount: 0, hostCount: 45 }),
  fill: () => undefined,
  ids: (simulator) => [...simulator.hostIds(), 'SnapshotEnd'],
  idOf: ({ HostId, RecordType }) => String(HostId ?? RecordType),
};

/** Streams that only play the cells of what they do themselves. */
export const FURTHER_FEEDS = { incidents, knowledgeBase, hosts } as const;

const KNOWN = new Set([...Object.values(FEEDS), ...Object.values(FURTHER_FEEDS)].map(({ name }) => name));

/** All other streams of the registry: what the matrix must know of them lies beside their tests. */
export const OTHER_FEEDS: readonly Feed[] = await Promise.all(
  STREAMS.filter(({ name }) => !KNOWN.has(name)).map(async ({ name }) => {
    const { feed } = (await import(`../lib/streams/${name}/matrix-feed.ts`)) as { feed: Feed };
    return feed;
  }),
);

const READING: ReadonlySet<string> = new Set(['count', 'fetch headers', 'fetch body', 'decode']);
const STORING: ReadonlySet<string> = new Set(['upload, chunk 1', 'checkpoint', 'close']);
/** Faults between reading and storing that a stream's cursor must outlive. */
const OUTLIVED = /^(host killed|second worker|ingestion cut after)/;

/** The cells of a further stream: how it reads, and how it goes on; the path itself is proven with the first two. */
export function ownCells(feed: Feed, cells: readonly Cell[]): Cell[] {
  const isOwn = ({ step, fault }: Cell): boolean =>
    (READING.has(step) && !fault.startsWith('clock') && !fault.startsWith('message')) ||
    (STORING.has(step) && OUTLIVED.test(fault));
  // Incidents are not counted.
  const isCalled = ({ step }: Cell): boolean => step !== 'count' || feed.routes.first !== feed.routes.page;
  return cells.filter((cell) => isOwn(cell) && isCalled(cell)).map((cell) => ({ ...cell, shape: 'lean' }));
}
