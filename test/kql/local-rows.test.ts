import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createKqlRunner } from '../../dev/kql/kql-runner.ts';

/*
 * KQL on the rows of a folder, as the page of the local tables asks it: over the newest rows, in bounds of time and rows, with the engine
 * there again after what it could not bear.
 */
const MANY = 'range x from 1 to 100000 step 1 | extend k = 1';
const ENDLESS = `${MANY} | join kind=inner (${MANY} | project y = x, k) on k | summarize sum(x * y)`;

function line(n: number): string {
  const time = new Date().toISOString();
  return `${JSON.stringify({ TimeGenerated: time, EventTime: time, ProcessedTime: time, HostName: `ws-${n}`, RowKey: `k-${n}`, PartNumber: 1, PartCount: 1 })}\n`;
}

test('KQL on local rows', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kql-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  const path = join(dir, 'QualysEdrEvents_CL.ndjson');
  await writeFile(path, [1, 2, 3, 4].map(line).join(''));
  const bounds = { timeoutMs: 100_000, mostRows: 2, mostBytes: 10_000, rowsOfTable: 3, bytesOfTable: 1_000_000 };
  const runner = createKqlRunner(dir, bounds);
  onTestFinished(runner.close);

  const hosts = 'QualysEdrEvents_CL | project HostName | order by HostName asc';
  expect(await runner.run(hosts)).toMatchObject({
    columns: ['HostName'],
    rows: [['ws-2'], ['ws-3']],
    isCut: true,
    seen: { QualysEdrEvents_CL: 3 },
  });
  await appendFile(path, line(5));
  expect(await runner.run(`${hosts} | take 1`)).toMatchObject({ rows: [['ws-3']], isCut: false });
  expect(await runner.run('QualysEdrEvents() | summarize n = count()')).toMatchObject({ rows: [[3]] });
  await expect(runner.run('Nowhere | take 1')).rejects.toThrow('Nowhere');

  const hasty = createKqlRunner(dir, { ...bounds, timeoutMs: 5000 });
  onTestFinished(hasty.close);
  await expect(hasty.run(ENDLESS)).rejects.toThrow('the query took longer than 5 s');
  expect(await hasty.run('print 1')).toMatchObject({ rows: [[1]] });
});
