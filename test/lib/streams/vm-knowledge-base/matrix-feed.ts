import { lastWeek, toThursday, WEEK_MINUTES } from '../../../faults/weeks.ts';
import { ALL_DOWN, type Feed } from '../../../faults/feeds.ts';
import { LISTS } from '../../../faults/lies.ts';

/** Pages of twenty QIDs. */
export const feed: Feed = {
  name: 'vm-knowledge-base',
  table: 'QualysVmKnowledgeBase_CL',
  windowMinutes: Number.POSITIVE_INFINITY,
  settings: { KB_WINDOW_MINUTES: WEEK_MINUTES, KB_SAFETY_LAG_SECONDS: '0', KB_PAGE_SIZE: '20' },
  routes: { first: '/knowledge_base/vuln/.*details=None', page: '/knowledge_base/vuln/.*details=All' },
  proxied: { first: '/knowledge_base/vuln/[^]*details=None', page: '/knowledge_base/vuln/[^]*details=All' },
  span: lastWeek,
  ahead: toThursday,
  fill: (simulator) => {
    simulator.changeData({ removedVulnerabilities: simulator.qids().slice(45).map(Number) });
  },
  ids: (simulator) => simulator.qids(),
  idOf: ({ QID }) => String(QID),
  lies: LISTS,
  outages: [ALL_DOWN],
  outageSettings: { KB_WINDOW_MINUTES: '360', KB_PAGE_SIZE: '1000' },
};
