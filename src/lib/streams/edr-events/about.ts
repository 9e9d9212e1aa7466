import { recordTime, tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { EVENT_COLUMNS } from './event-columns.ts';

export const about: StreamAbout = {
  description: 'Qualys EDR events, one row an event; an event above 60,000 bytes takes several rows.',
  columns: tableColumns(
    { columns: EVENT_COLUMNS, record: 'exact' },
    {
      record: 'event',
      key: "the event's JSON with sorted keys",
      time: recordTime('Time of the event on the asset, or of its processing where that is earlier'),
    },
  ),
  api: 'EDR gateway: `/ioc/events`, `/ioc/events/count`, `/ioc/events/searchAfter`',
  role: 'a user with EDR rights, for example Reader with the additional role IOC User',
  schedule: 'every 5 minutes',
  proof:
    "A window is read to a proven end (an empty page, the end of the chain, a page shorter than Qualys' pages are), then compared with Qualys' own count, of which the greatest binds until two lower ones ten minutes apart agree with a whole read. Where the first page is an empty list, nothing is counted: the window holds nothing. While something is missing the window is read again, for 24 hours; then it is closed as `incomplete` with both numbers, and status shows that until somebody acknowledges it.",
  kql: {
    newest: 'max(ProcessedTime)',
    source: 'coalesce(EventId, HostName)',
    alarm: { silent: '6h', late: '6h' },
  },
};
