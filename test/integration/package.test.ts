import { unzipSync } from 'fflate';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { startSimulator } from '../../dev/simulator/start-simulator.ts';
import { makePackage } from '../../scripts/package.ts';
import { startLocalApp, untilCaughtUp } from '../support/local-app.ts';

/** Unpacks the deployment zip into an empty folder outside the project, where no node_modules is in reach. */
async function unpack(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'deployed-'));
  const { path } = await makePackage(join(folder, 'package.zip'));
  const files = unzipSync(new Uint8Array(await readFile(path)));
  await rm(path);
  for (const [name, content] of Object.entries(files)) {
    const target = join(folder, name);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, content);
  }
  return folder;
}

test('the unpacked deployment zip runs ping, the dashboard and a full ingest in an empty folder', async () => {
  const folder = await unpack();
  const simulator = await startSimulator({ eventCount: 200, hostCount: 20, rateLimit: 0 });
  const app = await startLocalApp(simulator.url, { EDR_WINDOW_MINUTES: '720', VM_WINDOW_MINUTES: '1440' }, folder);
  try {
    expect((await app.get('ping')).body).toMatchObject({ ok: true });
    expect((await app.get('dashboard')).body).toContain('dashboard/app.js');
    expect((await app.get('dashboard/app.js')).status).toBe(200);
    const { watermark } = await untilCaughtUp(app, 'edr-events');
    await untilCaughtUp(app, 'vm-detections');
    const ids = new Set(app.rows('QualysEdrEvents_CL').map(({ EventId }) => EventId));
    expect(simulator.eventIds({ to: watermark ?? '' }).filter((id) => !ids.has(id))).toEqual([]);
    expect(app.rows('QualysHostDetectionV3_CL').length).toBeGreaterThan(0);
  } finally {
    await app.close();
    await simulator.close();
    await rm(folder, { recursive: true, force: true });
  }
});
