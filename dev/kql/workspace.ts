import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readFunctions } from '../../infra/sentinel/content.ts';

/** A stored function as a saved search declares it. */
export interface KqlFunction {
  readonly name: string;
  /** `name:type=default, …` without parentheses; empty for none. */
  readonly parameters: string;
  readonly body: string;
}

/** A table as its file declares it. */
export interface TableFile {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const TABLES_DIRECTORY = join(import.meta.dirname, '../../infra/tables');

/** Tables of Azure Monitor that the workbook reads, with the columns it uses. */
const AZURE_MONITOR_TABLES: readonly TableFile[] = [
  {
    name: 'Usage',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'DataType', type: 'string' },
      { name: 'Quantity', type: 'real' },
      { name: 'IsBillable', type: 'bool' },
    ],
  },
  {
    name: 'AppTraces',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'Message', type: 'string' },
      { name: 'SeverityLevel', type: 'int' },
      { name: 'AppRoleName', type: 'string' },
    ],
  },
  {
    name: 'AppExceptions',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'OperationName', type: 'string' },
      { name: 'ProblemId', type: 'string' },
      { name: 'OuterMessage', type: 'string' },
    ],
  },
  {
    name: 'DCRLogErrors',
    columns: [
      { name: 'TimeGenerated', type: 'datetime' },
      { name: 'InputStreamId', type: 'string' },
      { name: 'OperationName', type: 'string' },
      { name: 'Message', type: 'string' },
    ],
  },
];

/** The tables of `infra/tables`, the single source of columns. */
export function readTables(): TableFile[] {
  return readdirSync(TABLES_DIRECTORY)
    .filter((file) => file.endsWith('.json'))
    .map((file) => JSON.parse(readFileSync(join(TABLES_DIRECTORY, file), 'utf8')) as TableFile);
}

/** All tables that queries may name: the project's, and those of Azure Monitor. */
export function readWorkspaceTables(): TableFile[] {
  return [...readTables(), ...AZURE_MONITOR_TABLES];
}

/** The stored functions of the Sentinel content. */
export function readStoredFunctions(): KqlFunction[] {
  return readFunctions().map(({ description, query }) => ({
    name: description.alias,
    parameters: description.parameters,
    body: query,
  }));
}
