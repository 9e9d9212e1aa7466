import { lastWeek, toThursday, WEEK_MINUTES } from '../../../faults/weeks.ts';
import { ALL_DOWN, type Feed } from '../../../faults/feeds.ts';
import { LISTS } from '../../../faults/lies.ts';

/** Pages of twenty hosts. */
export const feed: Feed = {
  name: 'vm-hosts',
  table: 'QualysVmHosts_CL',
  windowMinutes: Number.POSITIVE_INFINITY,
  settings: { HOSTS_WINDOW_MINUTES: WEEK_MINUTES, HOSTS_PAGE_SIZE: '20' },
  routes: { first: '/asset/host/\\?.*details=None', page: '/asset/host/\\?.*details=All' },
  proxied: { first: '/asset/host/\\n[^]*details=None', page: '/asset/host/\\n[^]*details=All' },
  span: lastWeek,
  ahead: toThursday,
  options: () => ({ hostCount: 45 }),
  fill: () => undefined,
  ids: (simulator) => [...simulator.hostIds(), 'SnapshotEnd'],
  idOf: ({ HostId, RecordType }) => String(HostId ?? RecordType),
  lies: LISTS,
  outages: [ALL_DOWN],
  outageSettings: { HOSTS_WINDOW_MINUTES: '360' },
  hostsFor: (records) => records,
};
