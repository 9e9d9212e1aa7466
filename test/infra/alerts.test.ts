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

describe('the docs', () => {
  const install = readFileSync(join(INFRA, '../docs/install.md'), 'utf8');
  const operate = readFileSync(join(INFRA, '../docs/operate.md'), 'utf8');
  const names = [...ALERTS_BICEP.matchAll(/^ +name: '(?:alert-)?([a-z-]+)(?:-\$\{nameSuffix\})?'$/gm)]
    .map(([, name = '']) => name)
    .filter((name) => !['ag', 'test'].includes(name));

  test('name each alert, and say what to do', () => {
    expect(names).toHaveLength(10);
    expect(names.filter((name) => !install.includes(`\`${name}\``))).toEqual([]);
    expect(names.filter((name) => !new RegExp(`^### ${name}$`, 'm').test(operate))).toEqual([]);
  });

  test('compute what they cost, of the alerts that there are', () => {
    const [, log, logCost] = /(\d+)\s+log alerts of five minutes at about 1\.50 = ([\d.]+)/.exec(install) ?? [];
    const [, metric, metricCost] = /(\d+) metric alerts at 0\.10 a time series = ([\d.]+)/.exec(install) ?? [];
    const [, runs, testCost] = /2 places every 15 minutes, ([\d,]+) × 0\.0006 = ([\d.]+)/.exec(install) ?? [];
    expect([Number(log), Number(log) + Number(metric)]).toEqual([ALERT_NAMES.length + 1, names.length]);
    expect([Number(logCost), Number(metricCost)]).toEqual(
      [Number(log) * 1.5, Number(metric) * 0.1].map((cost) => Number(cost.toFixed(2))),
    );
    expect(ALERTS_BICEP).toMatch(/Frequency: 900\n[^]*Locations: \[\{ Id: '[\w-]+' \}, \{ Id: '[\w-]+' \}\]/);
    expect(Number(runs?.replace(',', ''))).toBe(2 * 4 * 24 * 30);
    expect(Number(testCost)).toBe(Number((5760 * 0.0006).toFixed(2)));
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
    toLower: (text: string) => text.toLowerCase(),
    contains: (all: string | string[], each: string) => all.includes(each),
  };

  test.each([
    ['0 */5 * * * *', 5],
    ['0 */30 * * * *', 30],
    ['0 * * * * *', 1],
    ['30 10 * * * *', 60],
    ['0 0 */6 * * *', 360],
    ['0 15 3 * * *', 1440],
    ['0 0 9-17 * * *', 1440],
    ['0 */5 8-18 * * *', 1440],
    ['0 */30 6-20 * * 1-5', 7 * 1440],
    ['0 0 2 1,15 * *', 31 * 1440],
    ['0 0 2 1 */3 *', 366 * 1440],
    ['0 */5 0-23 1-31 1-12 0-6', 5],
    ['0 */5 */1 */1 JAN-DEC Sun-Sat', 5],
    ['0 */15,7 * * * *', 60],
    ['0 0 */6,7 * * *', 1440],
  ])('of %s are %i', (schedule, minutes) => {
    // This expression reads the same in Bicep and in JavaScript.
    expect(runInNewContext(`(${body.trim()})`, { ...bicep, fields: schedule.split(' ') })).toBe(minutes);
  });
});
