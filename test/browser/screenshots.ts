/** `npm run screenshots`: takes the pictures of the docs from the real app, with a day that was not all well. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { DARK, DESKTOP, PHONE, startBrowser } from './support/browser.ts';
import { openDashboard, streamCard } from './support/open-dashboard.ts';
import { countWindows, edrRoute, hoursAgo, startScene, type Scene } from './support/scene.ts';

const DOCS = join(import.meta.dirname, '../../docs');

/** Both streams have read everything but what fails. */
async function untilOnlyFailuresAreLeft(scene: Scene): Promise<void> {
  for (;;) {
    const [edr, vm] = [await countWindows(scene, 'edr-events'), await countWindows(scene, 'vm-detections')];
    if (edr !== undefined && edr.failed > 0 && edr.open === edr.failed && vm?.open === 0) return;
    await sleep(500);
  }
}

async function startBackfill(scene: Scene): Promise<void> {
  const range = { from: new Date(hoursAgo(96)).toISOString(), to: new Date(hoursAgo(60)).toISOString() };
  await scene.app.post('backfill', { stream: 'edr-events', ...range });
  await sleep(6000);
}

async function prepare(): Promise<Scene> {
  const scene = await startScene({
    simulator: {
      eventCount: 60_000,
      hostCount: 2500,
      detectionsPerHost: 6,
      spanHours: 120,
      rateLimit: 2000,
      concurrencyLimit: 4,
    },
    settings: { EDR_WINDOW_MINUTES: '15', VM_WINDOW_MINUTES: '60', INCOMPLETE_AFTER_HOURS: '0' },
    faults: [
      {
        kind: 'status',
        status: 400,
        body: '{"message":"Invalid query: unknown token indicator.scor"}',
        contentType: 'application/json',
        route: edrRoute(hoursAgo(3)).replace(/$/, ':[0-3]'),
        count: 'always',
      },
      {
        kind: 'wrong-count',
        delta: 12,
        route: edrRoute(hoursAgo(15)).replace('events', 'events/count').replace(/$/, ':[0-1]'),
        count: 'always',
      },
    ],
  });
  await untilOnlyFailuresAreLeft(scene);
  for (const name of ['plan-edr-events', 'plan-vm-detections']) await scene.app.host.runTimer(name);
  await untilOnlyFailuresAreLeft(scene);
  scene.simulator.configure({ latencyMs: 250 });
  await startBackfill(scene);
  return scene;
}

async function take(
  browser: Browser,
  scene: Scene,
  name: string,
  options: BrowserContextOptions,
  arrange: (page: Page) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { page, close } = await openDashboard(browser, scene, options);
  await arrange(page);
  await page.screenshot({ path: join(DOCS, `dashboard-${name}.png`), animations: 'disabled' });
  await close();
}

const tall = (options: BrowserContextOptions, height: number): BrowserContextOptions => ({
  ...options,
  viewport: { width: options.viewport?.width ?? 1280, height },
});

const scene = await prepare();
const browser = await startBrowser();
await take(browser, scene, 'light', tall(DESKTOP, 1180));
await take(browser, scene, 'dark', tall(DARK, 1240), async (page) => {
  await streamCard(page, 'vm-detections').scrollIntoViewIfNeeded();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.locator('.checks').waitFor();
  await page.getByRole('button', { name: 'Start a backfill' }).last().click();
  await page.getByRole('button', { name: 'Last 7 days' }).click();
  await page.getByText(/ windows, about /).waitFor();
  await page.evaluate('document.activeElement.blur()');
  await page.evaluate('scrollTo(0, document.body.scrollHeight)');
});
await take(browser, scene, 'phone', tall({ ...PHONE, deviceScaleFactor: 1.5 }, 1000));
await browser.close();
await scene.close();
// Keep-alive connections would hold the process.
process.exit();
