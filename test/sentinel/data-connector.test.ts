import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readRules } from '../../infra/sentinel/content.ts';
import { STREAMS } from '../../src/lib/streams/index.ts';
import { createSentinelWorkspace, findFaults } from '../support/kql.ts';

const PAGES = join(import.meta.dirname, '../../infra/sentinel/pages.json');

interface Page {
  readonly id: string;
  readonly sampleQueries: readonly { readonly query: string }[];
  readonly graphQueries: readonly { readonly baseQuery: string; readonly legend: string }[];
  readonly dataTypes: readonly { readonly name: string; readonly lastDataReceivedQuery: string }[];
  readonly connectivityCriteria: readonly { readonly type: string; readonly value: readonly string[] }[];
  readonly instructionSteps: readonly { readonly instructions: readonly { readonly type: string }[] }[];
}

const { dataConnector: page } = JSON.parse(readFileSync(PAGES, 'utf8')) as { dataConnector: Page };
const tables = STREAMS.map(({ table }) => table);

test('the page shows the last data and the graph of every table', () => {
  expect(page.dataTypes.map(({ name }) => name)).toEqual(tables);
  expect(page.graphQueries.map(({ legend }) => legend)).toEqual(tables);
});

test('every query of the page runs over the tables', () => {
  const workspace = createSentinelWorkspace();
  const queries = [
    ...page.sampleQueries.map(({ query }) => query),
    ...page.graphQueries.map(({ baseQuery }) => `${baseQuery}\n| summarize count() by bin(TimeGenerated, 1h)`),
    ...page.dataTypes.map(({ lastDataReceivedQuery }) => lastDataReceivedQuery),
    ...page.connectivityCriteria.flatMap(({ value }) => value),
  ];
  expect(queries).toHaveLength(3 + 2 * tables.length + 1);
  expect(queries.flatMap((query) => findFaults(workspace, query))).toEqual([]);
});

test('is the connector that the rules require', () => {
  const required = readRules().flatMap(({ description }) => description.requiredDataConnectors);
  expect(new Set(required.map(({ connectorId }) => connectorId))).toEqual(new Set([page.id]));
});

/** Those that Microsoft documents: https://learn.microsoft.com/azure/sentinel/data-connector-ui-definitions-reference. */
test('holds kinds of instructions that Sentinel knows', () => {
  const kinds = page.instructionSteps.flatMap(({ instructions }) => instructions.map(({ type }) => type));
  expect(
    kinds.filter((kind) => !['CopyableLabel', 'InfoMessage', 'Markdown', 'InstructionStepsGroup'].includes(kind)),
  ).toEqual([]);
});
