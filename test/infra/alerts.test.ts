import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { ALERTS_BICEP, ALERT_NAMES, toAlertQuery } from '../support/alert-query.ts';
import { createWorkspace, findFaults, readColumns } from '../support/kql.ts';

const INFRA = join(import.meta.dirname, '../../infra');
const STREAMS_BICEP = readFileSync(join(INFRA, 'streams.bicep'), 'utf8');
const workspace = createWorkspace();

describe.each(ALERT_NAMES)('%s', (name) => {
  const query = toAlertQuery(name);

  test('is a sound query', () => {
    expect(findFaults(workspace, query)).toEqual([]);
  });

  test('gives stream, code and the address of its section, by which the rule splits its alerts', () => {
    const columns = readColumns(workspace, query);
    for (const name of ['Stream', 'Code', 'WhatToDo']) expect(columns.get(name)).toBe('string');
  });

  test('is deployed', () => {
    expect(ALERTS_BICEP).toContain(`loadTextContent('../alerts/${name}.kql')`);
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
