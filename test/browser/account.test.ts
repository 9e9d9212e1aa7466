import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
import { startCalmScene, type Scene } from './support/scene.ts';

// A password that Qualys refuses, as whoever has the page open sees it: the real app, the simulator and Chromium.

/** From when it is stored until an open page shows it. */
const SHOWN_WITHIN_MS = 10_000;

let scene: Scene;
let browser: Browser;

beforeAll(async () => {
  scene = await startCalmScene({ simulator: { eventCount: 200, hostCount: 5 } });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

test('a refused account is on the open page at once, “Try now” lets one login out, and after the repair all goes on', async () => {
  const { app, simulator } = scene;
  const { page, faults, close } = await openDashboard(browser, scene);
  const heading = page.getByRole('heading', { level: 1 });
  await heading.filter({ hasText: 'Everything that is due is ingested' }).waitFor();

  simulator.configure({ password: 'mended-later' });
  simulator.expireTokens();
  // Nobody asks the page to read: it does so by itself.
  await app.get('ping', { method: 'POST' });
  expect(app.log.some((line) => line.includes('LoginRefused'))).toBe(true);
  await heading.filter({ hasText: 'Ingestion stands still' }).waitFor({ timeout: SHOWN_WITHIN_MS });
  const problem = page.locator('.problems > li').filter({ hasText: 'Qualys refuses the account' }).first();
  await problem.getByText('QUALYS_USERNAME').waitFor();
  await expect.poll(() => page.title()).toContain('Ingestion stands still');

  const press = async (): Promise<void> => {
    await page.locator('.problems').getByRole('button', { name: 'Try now' }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Try now' }).click();
    await dialog.getByText('Give a reason').waitFor();
    await dialog.getByLabel('Reason').fill('unlocked at Qualys');
    await dialog.getByRole('button', { name: 'Try now' }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  const before = simulator.stats().loginsRefused;
  expect(before).toBeLessThanOrEqual(3);
  simulator.configure({ password: 'simulated-password' });
  await press();
  await page.getByText(/One login may go out now; \d+ windows? that waited go on/).waitFor();
  await app.get('ping', { method: 'POST' });
  await heading.filter({ hasText: 'Everything that is due is ingested' }).waitFor({ timeout: 60_000 });
  expect(simulator.stats().loginsRefused).toBe(before);
  expect(unexpected(faults, /status of 503/)).toEqual([]);
  await close();
});
