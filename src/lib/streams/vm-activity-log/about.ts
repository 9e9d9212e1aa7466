import { recordTime, tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { ENTRY_TABLE } from './entry-table.ts';

export const about: StreamAbout = {
  description:
    'The activity log of the Qualys subscription, one row an entry: who did what, where and from which address. Entries have no id; equal ones of one second are numbered over all pages of a window. Where more than 400 others lie between two equal ones, a window that is read again with pages of another size may give some rows once more, with another `RowKey`.',
  columns: tableColumns(ENTRY_TABLE, {
    record: 'entry',
    key: 'the entry and its number among equal ones of its second',
    time: recordTime('Time of the entry'),
  }),
  api: 'VM API server: `/api/2.0/fo/activity_log/`',
  role: 'as `vm-detections`; a Manager sees all users, others fewer',
  schedule: 'every 15 minutes',
  proof:
    'Qualys does not count; a window is complete when its chain of pages has ended: with a page that names no next one and holds fewer entries than were asked for. A full page that names none is asked for again, one entry shorter, and must then name it. Where a page comes shorter than asked for and its footer is lost, nothing tells it from the last one.',
  // A quiet subscription may log nothing for days.
  kql: { newest: 'max(ActivityTime)', source: 'UserName' },
};
