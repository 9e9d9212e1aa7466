import { file, type InfraFiles, type TableFile } from './infra-files.ts';

/** Types that a data collection stream can declare; a table's `guid` is not among them. */
const STREAM_TYPES: ReadonlySet<string> = new Set(['string', 'int', 'long', 'real', 'boolean', 'dynamic', 'datetime']);

/** Log Analytics keeps these to itself, in any case. */
const RESERVED_COLUMN =
  /^(id|billedsize|isbillable|invalidtimegenerated|tenantid|title|type|uniqueid|_itemid|_resourcegroup|_resourceid|_subscriptionid|_timereceived)$/i;

const MAX_STREAMS = 10;
const MAX_COLUMNS = 500;

/** Whether tables, streams and the rule are made of every column of `infra/tables`, by names and types that Azure takes. */
export function checkTables(files: InfraFiles, tables: readonly TableFile[]): string[] {
  const problems: string[] = [];
  if (tables.length > MAX_STREAMS)
    problems.push(`a data collection rule takes ${MAX_STREAMS} streams, not ${tables.length}`);
  const rule = file(files, 'infra/modules/data-collection.bicep');
  if (
    !/streamDeclarations: toObject\(\s*streams,[\s\S]*?map\(stream\.columns, column => \{ name: column\.name, type: toLower\(column\.type\) \}\)/.test(
      rule,
    )
  ) {
    problems.push(
      'infra/modules/data-collection.bicep does not declare every column of every stream, types in lower case',
    );
  }
  if (!/columns: table\.columns\s/.test(file(files, 'infra/modules/tables.bicep'))) {
    problems.push('infra/modules/tables.bicep does not give a table every column of its file');
  }
  if (
    !/: 'source \| where \(\$\{streamOptions\[stream\.stream\]\.filter\}\)\$\{.*'Record'\) \? ' or PartNumber > 1' : ''\}'/.test(
      rule,
    )
  )
    problems.push(
      'infra/modules/data-collection.bicep does not filter by the options of a stream, and keep what goes on',
    );
  if (
    !/rule\.name == 'rows-dropped' && [^}]*operator: 'Exclude', values: filteredInputs/.test(
      file(files, 'infra/modules/alerts.bicep'),
    )
  )
    problems.push('infra/modules/alerts.bicep fires for rows that a filter drops: Azure counts them as dropped');
  return [...problems, ...tables.flatMap((table) => checkColumns(files, table))];
}

function checkColumns(files: InfraFiles, { name, columns }: TableFile): string[] {
  const problems: string[] = [];
  if (files[`infra/tables/${name}.json`] === undefined) problems.push(`${name} is not the name of its file`);
  if (!/^[A-Za-z]\w{0,59}_CL$/.test(name)) problems.push(`${name} is no name of a custom table`);
  if (columns.length > MAX_COLUMNS) problems.push(`${name} has more than ${MAX_COLUMNS} columns`);
  if (!columns.some((column) => column.name === 'TimeGenerated' && column.type === 'dateTime')) {
    problems.push(`${name} has no column TimeGenerated of type dateTime`);
  }
  const seen = new Set<string>();
  for (const column of columns) {
    const label = `${name}.${column.name}`;
    if (!STREAM_TYPES.has(column.type.toLowerCase()))
      problems.push(`${label}: a data collection stream has no type ${column.type}`);
    if (RESERVED_COLUMN.test(column.name)) problems.push(`${label}: the name is reserved`);
    if (!/^[A-Za-z]\w{1,44}$/.test(column.name))
      problems.push(`${label}: a name has 2 to 45 letters, digits and underscores, a letter first`);
    if (seen.has(column.name.toLowerCase())) problems.push(`${label}: the name is there twice`);
    seen.add(column.name.toLowerCase());
  }
  return problems;
}
