import { DECLARED } from '../../scripts/generators/streams.ts';
import { readQuery, readSource } from './content.ts';

/** When a row last came into a table: KQL that gives one row, or none. */
export function lastDataQuery(table: string): string {
  return readQuery('last-data', 'data-connector').replace('{table}', table);
}

/** The queries of the page that analysts start from, by the names of their files. */
export const SAMPLE_QUERIES = [
  ...readSource('data-connector', 'page.template.json').matchAll(/"\{\{kql:([\w-]+)\}\}"/g),
].map(([, name = '']) => name);

/**
 * The connector's page in Sentinel: `connectorUiConfig` of a data connector definition, with what is told of each stream's table
 * (https://learn.microsoft.com/azure/sentinel/data-connector-ui-definitions-reference).
 */
export function toDataConnector(): unknown {
  const roles = DECLARED.map(({ name, role }) => `${name}: ${role}`).join('. ');
  const text = readSource('data-connector', 'page.template.json')
    .replace(/"\{\{kql:([\w-]+)\}\}"/g, (_, name: string) => JSON.stringify(readQuery(name, 'data-connector')))
    .replace('{{roles}}', roles.replaceAll('`', ''));
  return {
    ...(JSON.parse(text) as Readonly<Record<string, unknown>>),
    graphQueries: DECLARED.map(({ name, table }) => ({
      metricName: `Rows of ${name}`,
      legend: table,
      baseQuery: `${table}\n| where isnotempty(RowKey)`,
    })),
    dataTypes: DECLARED.map(({ table }) => ({ name: table, lastDataReceivedQuery: lastDataQuery(table) })),
    connectivityCriteria: [{ type: 'IsConnectedQuery', value: [readQuery('connected', 'data-connector')] }],
  };
}
