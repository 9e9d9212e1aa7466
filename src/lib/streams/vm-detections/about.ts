import { itemLimits } from '../../records/item-limits.ts';
import { column, type RecordColumn } from '../../records/record-table.ts';
import { tableColumns } from '../../records/table-columns.ts';
import type { StreamAbout } from '../stream-about.ts';
import { hostTable } from './host-table.ts';

const { table, listBefore } = hostTable(itemLimits());
const columns: readonly RecordColumn[] = table.columns;
const list = column(
  'DetectionList',
  'dynamic',
  `{"DETECTION":[…]}: the detections of this row, in the vendor's element names, scalars as strings.`,
);

export const about: StreamAbout = {
  description:
    "Qualys VM host detections, one or more rows a host. The first twelve columns are those of Microsoft's own connector.",
  columns: tableColumns(
    { ...table, columns: columns.toSpliced(listBefore, 0, list) },
    {
      record: 'host',
      key: 'host id, last VM scan time and DetectionList',
      behind: [
        {
          name: 'HostRecord',
          type: 'dynamic',
          description:
            "Host elements that no other column holds, in the vendor's element names. First row of a host only.",
        },
        {
          name: 'DetectionCount',
          type: 'int',
          description: 'Detections that start in this row; continuations of a long RESULTS are not counted.',
        },
        {
          name: 'ReportType',
          type: 'string',
          description:
            'What the rows of this report tell of the host. Whole: all its detections. Changes: those that changed, are new or are gone (STATUS Gone) since the report before. Unchanged: none did. Empty in rows of other connectors: Whole.',
        },
        {
          name: 'ReportTime',
          type: 'dateTime',
          description:
            'When its page began to come from Qualys (UTC): the same in all rows of a report; tells the order of the reports of a host.',
        },
      ],
    },
  ),
  api: 'VM API server: `/api/5.0/fo/asset/host/vm/detection/`, `/api/5.0/fo/asset/host/`',
  role: 'Reader or higher with API access; not Auditor',
  schedule: 'every 30 minutes',
  proof:
    'Qualys does not count; a window is complete when its chain of pages has ended and hosts that are listed but did not come were asked for again, as long as that brought some (where none had come, once more ten minutes later); what is still missing is shown (`listed` beside `fetched`). A host that cannot be read on its own is left out, with its id, and the window is `incomplete`.',
  kql: {
    newest: 'max(LastVMScannedDateTime)',
    source: 'HostId',
    alarm: { silent: '8d', late: '10d', why: 'Of an unchanged host nothing comes for a week.' },
  },
};
