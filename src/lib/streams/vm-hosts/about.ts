import { tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { hostTable } from './host-table.ts';

export const about: StreamAbout = {
  description:
    'Snapshots of all Qualys VM hosts, one row a host and snapshot, then a closing row; a host above 60,000 bytes takes several rows.',
  columns: tableColumns(hostTable({ id: '', time: '' }), {
    record: 'host',
    key: "the snapshot's id and the record",
    before: [
      {
        name: 'SnapshotId',
        type: 'string',
        description: 'The instant at which the snapshot was due, ISO 8601; the same for all its rows.',
      },
      { name: 'SnapshotTime', type: 'dateTime', description: "When the snapshot's reading began (UTC)." },
      {
        name: 'RecordType',
        type: 'string',
        description: 'Host, or SnapshotEnd for the row that says that the snapshot is whole.',
      },
      { name: 'HostCount', type: 'long', description: 'Closing row: hosts in the snapshot.' },
      {
        name: 'LeftOutHostIds',
        type: 'dynamic',
        description: 'Closing row: ids of hosts that could not be read; they are not gone.',
      },
    ],
  }),
  api: 'VM API server: `/api/5.0/fo/asset/host/`',
  role: 'as `vm-detections`',
  schedule: 'a snapshot a day',
  proof:
    'Each id that Qualys lists must come, and a list that holds nothing is asked again ten minutes later before that is believed.',
  kql: {
    newest: "coalesce(maxif(SnapshotTime, RecordType == 'SnapshotEnd'), min(SnapshotTime))",
    source: 'HostId',
    alarm: { silent: '50h', late: '50h', why: 'A snapshot counts when it is whole.' },
  },
};
