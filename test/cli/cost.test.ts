import { expect, test } from 'vitest';
import { NO_CAUSES } from '../../src/lib/cost/causes.ts';
import { viewCost } from '../../src/lib/cost/view-cost.ts';
import { COST_SETTINGS as SETTINGS } from '../support/cost-settings.ts';
import { serveHttp } from '../support/http-server.ts';
import { runCli } from '../support/run-cli.ts';

const NOW = new Date('2026-05-10T12:00:00Z');

test('cost says why hosts were sent, what had changed in some, and what a field would save', async () => {
  const field = { wholeAlone: 5e8, changesAlone: 5e7, isPlain: true };
  const fields = {
    LAST_BOOT: { ...field, records: 50, alone: 25 },
    'X\u001b[31m': { ...field, records: 25, alone: 0 },
    constructor: { ...field, records: 20, alone: 0 },
    DETECTION_LIST: { ...field, records: 100, alone: 60, isPlain: false },
  };
  const row = {
    since: '2026-05-03T00:00:00.000Z',
    streams: { 'vm-detections': { rows: 10, bytes: 6.5e9, optional: 0, cut: 0 } },
    causes: {
      'vm-detections': { ...NO_CAUSES, changed: 1200, sample: { compared: 200, whole: 1e9, changes: 1e8, fields } },
    },
  };
  const hosts = { received: 0, unchanged: 0 };
  const rows = [
    { ...row, day: '2026-05-03', streams: {} },
    { ...row, day: '2026-05-10' },
  ];
  const answer = viewCost(rows, [], SETTINGS, hosts, NOW);
  const server = await serveHttp((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  const { code, out } = await runCli(['cost'], { env: { CONNECTOR_URL: server.url, CONNECTOR_KEY: 'key' } });
  expect(out).toContain(
    'vm-detections, hosts sent: 1,200 changed, 0 new or not known, 0 for VM_REFRESH_DAYS, 0 not compared\n',
  );
  expect(out).toContain('a sample of 200 changed hosts');
  expect(out.split('\n').slice(-6)).toEqual([
    'FIELD                    HOSTS  ALONE  SAVED IN VM_PASSING_FIELDS',
    'detections came or went  50 %   30 %   –',
    'LAST_BOOT                25 %   13 %   13.8 GB, 55.39 a month (estimated)',
    'X\\x1b[31m                13 %   0 %    –',
    'constructor              10 %   0 %    –',
    '',
  ]);
  expect(code).toBe(0);
});
