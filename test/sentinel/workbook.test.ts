import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readQuery } from '../../infra/sentinel/content.ts';
import { createSentinelWorkspace, findFaults, readColumns } from '../support/kql.ts';

const DIRECTORY = join(import.meta.dirname, '../../infra/sentinel/workbook');
const workspace = createSentinelWorkspace();

interface Item {
  readonly type: number;
  readonly name: string;
  readonly customWidth?: string;
  readonly conditionalVisibility?: {
    readonly parameterName: string;
    readonly comparison: string;
    readonly value: string;
  };
  readonly content: {
    readonly query?: string;
    readonly title?: string;
    readonly visualization?: string;
    readonly timeContextFromParameter?: string;
    readonly parameters?: readonly { readonly name: string; readonly type: number }[];
    readonly links?: readonly { readonly subTarget: string; readonly cellValue: string }[];
    readonly items?: readonly Item[];
    readonly tileSettings?: {
      readonly titleContent: { columnMatch: string };
      readonly leftContent: { columnMatch: string };
    };
  };
}

interface Workbook {
  readonly version: string;
  readonly items: readonly Item[];
  readonly fallbackResourceIds: readonly string[];
}

const { workbook } = JSON.parse(readFileSync(join(DIRECTORY, '../pages.json'), 'utf8')) as { workbook: Workbook };
const all = workbook.items.flatMap((item) => [item, ...(item.content.items ?? [])]);
const queries = all.filter(({ type }) => type === 3);
const parameters = all.flatMap(({ content }) => content.parameters ?? []).map(({ name }) => name);
const tabs = workbook.items.filter(({ type }) => type === 12);

/** The query with values in place of the declared parameters; what is not declared stays, and is then a fault. */
function substitute(query: string): string {
  const values: Record<string, string> = {
    '{TimeRange:grain}': '1h',
    '{TimeRange:start}': 'datetime(2024-01-01)',
    '{TimeRange:end}': 'datetime(2024-01-02)',
    '{TimeRange}': '> ago(1d)',
    '{MinScore}': '4',
    '{HostName}': 'ws-01',
  };
  return Object.entries(values).reduce((text, [name, value]) => text.replaceAll(name, value), query);
}

test('the workbook has three tabs, each behind a link', () => {
  const links = all.flatMap(({ content }) => content.links ?? []);
  expect(links.map(({ subTarget }) => subTarget)).toEqual(['edr', 'vulnerabilities', 'health']);
  expect(tabs.map(({ conditionalVisibility }) => conditionalVisibility?.value)).toEqual([
    'edr',
    'vulnerabilities',
    'health',
  ]);
  for (const { conditionalVisibility } of tabs) expect(conditionalVisibility?.parameterName).toBe(links[0]?.cellValue);
  for (const { content } of tabs)
    expect(content.items!.filter(({ type }) => type === 3).length).toBeGreaterThanOrEqual(5);
});

test('the workbook is what Azure expects of one', () => {
  expect(workbook.version).toBe('Notebook/1.0');
  expect(workbook.fallbackResourceIds).toEqual(['{{workspaceId}}']);
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  const drawn = ['table', 'tiles', 'timechart', 'barchart', 'categoricalbar'];
  for (const { content } of queries) {
    expect(drawn).toContain(content.visualization);
    expect(content.title).toBeTruthy();
    expect(parameters).toContain(content.timeContextFromParameter);
  }
});

test('every query file is shown, and every query is a file', () => {
  const files = readdirSync(join(DIRECTORY, 'queries'));
  const texts = files.map((file) => readQuery(file.replace('.kql', '')));
  expect(queries.map(({ content }) => content.query).sort()).toEqual(texts.sort());
  expect(readFileSync(join(DIRECTORY, 'workbook.template.json'), 'utf8')).not.toMatch(/\| where|\| summarize/);
});

describe.each(queries)('$name', ({ content }) => {
  test('is a sound query once its parameters have values', () => {
    expect(findFaults(workspace, substitute(content.query!))).toEqual([]);
  });

  test('uses declared parameters only', () => {
    const used = [...content.query!.matchAll(/\{(\w+)(?::\w+)?\}/g)].map(([, name]) => name!);
    expect(used.filter((name) => !parameters.includes(name))).toEqual([]);
  });

  test('gives the columns that its drawing needs', () => {
    const columns = readColumns(workspace, substitute(content.query!));
    const types = [...columns.values()];
    if (content.visualization === 'timechart' || content.visualization === 'barchart')
      expect(types).toContain('datetime');
    if (content.visualization !== 'table')
      expect(types.some((type) => ['long', 'int', 'real'].includes(type))).toBe(true);
    if (content.tileSettings) {
      expect(columns.has(content.tileSettings.titleContent.columnMatch)).toBe(true);
      expect(columns.has(content.tileSettings.leftContent.columnMatch)).toBe(true);
    }
  });
});

test('a misspelt column and an undeclared parameter are found', () => {
  expect(findFaults(workspace, substitute('QualysEdrEvents() | where Skore >= {MinScore}')).join()).toContain('KS142');
  expect(findFaults(workspace, substitute('QualysEdrEvents() | where Score >= {NoSuchParameter}'))).not.toEqual([]);
});
