import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { createWorkspace, findFaults, readColumns } from '../support/kql.ts';

const INFRA = join(import.meta.dirname, '../../infra');
const ALERTS_BICEP = readFileSync(join(INFRA, 'modules/alerts.bicep'), 'utf8');
const STREAMS_BICEP = readFileSync(join(INFRA, 'streams.bicep'), 'utf8');
const workspace = createWorkspace();

function readAlert(name: string): string {
  return readFileSync(join(INFRA, 'alerts', name), 'utf8');
}

/** The text that Bicep puts before a query, with the column types that stand in Bicep. */
function prologue(name: string): string {
  const operate = 'let operate = "https://a/api/dashboard/operate.html";\n';
  if (name === 'transformation-errors.kql') return `let dataCollectionRule = "/subscriptions/s";\n${operate}`;
  const schema = /datatable\(([^)]*)\)/.exec(ALERTS_BICEP)?.[1] ?? '';
  const limits = `let limits = datatable(${schema})["edr-events", 15];\n`;
  const wanted = name === 'judged.kql' ? 'let wanted = "down";\n' : '';
  return `let functionApp = "func-qualys";\n${operate}${limits}${readAlert('connector-lines.kql')}${wanted}`;
}

describe.each(readdirSync(join(INFRA, 'alerts')).filter((name) => name !== 'connector-lines.kql'))('%s', (name) => {
  const query = prologue(name) + readAlert(name);

  test('is a sound query', () => {
    expect(findFaults(workspace, query)).toEqual([]);
  });

  test('gives stream, code and the address of its section, by which the rule splits its alerts', () => {
    const columns = readColumns(workspace, query);
    for (const name of ['Stream', 'Code', 'WhatToDo']) expect(columns.get(name)).toBe('string');
  });

  test('is deployed', () => {
    expect(ALERTS_BICEP).toContain(`loadTextContent('../alerts/${name}')`);
  });
});

test('each mail leads to the dashboard and to a section of the guide', () => {
  expect(ALERTS_BICEP).toContain('Dashboard: ${dashboard} - what to do: ${operate}#${rule.name}');
  for (const name of ['Stream', 'Code', 'WhatToDo'])
    expect(ALERTS_BICEP).toContain(`{ name: '${name}', operator: 'Include', values: ['*'] }`);
});

describe('minutes between two ticks', () => {
  const body = /func minutesBetweenTicks\(fields string\[\]\) int =>([\s\S]*)$/.exec(STREAMS_BICEP)?.[1] ?? '';
  const bicep = {
    int: Number,
    startsWith: (text: string, start: string) => text.startsWith(start),
    substring: (text: string, from: number) => text.slice(from),
  };

  test.each([
    ['0 */5 * * * *', 5],
    ['0 */30 * * * *', 30],
    ['0 * * * * *', 1],
    ['30 10 * * * *', 60],
    ['0 0 */6 * * *', 360],
    ['0 15 3 * * *', 1440],
    ['0 0 9-17 * * *', 1440],
  ])('of %s are %i', (schedule, minutes) => {
    // This expression reads the same in Bicep and in JavaScript.
    expect(runInNewContext(`(${body.trim()})`, { ...bicep, fields: schedule.split(' ') })).toBe(minutes);
  });
});
