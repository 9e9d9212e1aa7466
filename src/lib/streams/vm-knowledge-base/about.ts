import { tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { VULNERABILITY_TABLE } from './vulnerability-table.ts';

export const about: StreamAbout = {
  description: 'The Qualys KnowledgeBase, one row a QID and load; a QID above 60,000 bytes takes several rows.',
  columns: tableColumns(VULNERABILITY_TABLE, {
    record: 'QID',
    key: 'the record, which an unchanged QID keeps from load to load',
  }),
  api: 'VM API server: `/api/4.0/fo/knowledge_base/vuln/`',
  role: 'Reader or higher, with KnowledgeBase download enabled by Qualys',
  schedule: 'changes every 6 hours, all of it every 6 days',
  proof:
    'Each id that Qualys lists must come, and a list that holds nothing is asked again ten minutes later before that is believed.',
  kql: {
    newest: 'max(LastModifiedTime)',
    source: 'QID',
    alarm: {
      silent: '9d',
      late: '14d',
      why: 'Everything that Qualys changed within hours, and everything once in six days: a week of silence is a fault.',
    },
  },
};
