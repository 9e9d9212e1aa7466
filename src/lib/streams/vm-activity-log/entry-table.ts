import { column, type RecordTable } from '../../records/record-table.ts';

/** The typed columns of `QualysUserActivity_CL`, by the names in the header of the CSV. A further column of the vendor goes to `Record`. */
export const ENTRY_TABLE: RecordTable = {
  timeColumns: ['ActivityTime'],
  record: 'rest',
  columns: [
    column('ActivityTime', 'dateTime', 'When it happened (UTC), whole seconds; windows use this time.', 'Date'),
    column('Action', 'string', 'What was done, e.g. login, request or create.', 'Action'),
    column('Module', 'string', 'Where in Qualys, e.g. auth or host_attribute.', 'Module'),
    column('Details', 'string', 'Details in the words of Qualys.', 'Details'),
    column('UserName', 'string', 'Who did it.', 'User Name'),
    column('UserRole', 'string', 'Role of the user, e.g. Manager.', 'User Role'),
    column('UserIP', 'string', 'Address from which it was done.', 'User IP'),
  ],
};
