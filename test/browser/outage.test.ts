import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser, enterKey, openPage } from './support/browser.ts';
import { openDashboard, streamCard } from './support/open-dashboard.ts';
import { KEY, startCalmScene, type Scene } from './support/scene.ts';

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

const HIDE = (isHidden: boolean) =>
  `Object.defineProperty(document, 'hidden', { value: ${isHidden}, configurable: true }); document.dispatchEvent(new Event('visibilitychange'))`;

/** A dashboard whose time only the test moves. */
async function openAtStandstill() {
  const context = await openPage(browser, 'about:blank');
  await context.page.clock.install();
  await context.page.goto(scene.url);
  await enterKey(context.page, KEY);
  await context.page.locator('.strip .bar').first().waitFor();
  const count = (): number => context.requests.filter((url) => url.endsWith('/api/status')).length;
  return { ...context, statusCalls: count };
}

describe('the page by itself', () => {
  test('reads anew every 8 s, keeps the focus, and replaces nothing that has not changed', async () => {
    const { page, statusCalls, close } = await openAtStandstill();
    const strip = streamCard(page, 'edr-events').getByRole('listbox');
    await strip.focus();
    await page.evaluate('window.kept = [...document.querySelectorAll(".bar, canvas, h1, .card")]');
    const before = statusCalls();
    const readings = async (): Promise<number> => {
      await page.clock.runFor(5000);
      return statusCalls() - before;
    };
    await expect.poll(readings, { timeout: 30_000 }).toBeGreaterThanOrEqual(3);
    await expect.poll(() => page.evaluate('window.kept.every((each) => each.isConnected)')).toBe(true);
    await expect
      .poll(() => page.evaluate('document.activeElement.getAttribute("aria-label")'))
      .toContain('Windows of edr-events');
    await close();
  });

  test('says on the card of cost why hosts were sent', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const reasons = /Hosts sent: \d+ changed, \d+ new or not known, \d+ for VM_REFRESH_DAYS, \d+ not compared\./;
    await page.getByText(reasons).waitFor();
    await close();
  });

  test('rests while it is hidden, and reads at once when it is seen again', async () => {
    const { page, statusCalls, close } = await openAtStandstill();
    await page.evaluate(HIDE(true));
    const before = statusCalls();
    await page.clock.runFor(120_000);
    expect(statusCalls()).toBe(before);
    await page.evaluate(HIDE(false));
    await expect.poll(statusCalls).toBe(before + 1);
    await close();
  });

  test('rests when it is told to, says so, and still reads when asked', async () => {
    const { page, statusCalls, close } = await openAtStandstill();
    await page.getByRole('button', { name: 'Pause' }).click();
    const before = statusCalls();
    await page.clock.runFor(120_000);
    expect(statusCalls()).toBe(before);
    await page.getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect.poll(statusCalls).toBe(before + 1);
    await page.getByRole('button', { name: 'Resume' }).click();
    await expect.poll(statusCalls).toBe(before + 2);
    await close();
  });
});

describe('a failure', () => {
  test('of one route is named, and the rest goes on', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const problem = { title: 'Bad Gateway', status: 502, detail: 'storage failed listing windows' };
    await page.route('**/api/windows/vm-detections?*', (route) =>
      route.fulfill({ status: 502, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await page.getByRole('button', { name: 'Refresh' }).click();
    const alert = page.getByRole('alert').filter({ hasText: 'out of date' });
    await alert.getByText(/windows of vm-detections.*Storage failed listing windows.*Shown as of/).waitFor();
    await expect.poll(() => streamCard(page, 'vm-detections').locator('.bar').count()).toBeGreaterThan(0);
    await page.unroute('**/api/windows/vm-detections?*');
    await page.getByRole('button', { name: 'Refresh' }).click();
    await alert.waitFor({ state: 'detached' });
    await close();
  });

  test.for([
    ['a login page', 'text/html', '<h1>Sign in</h1>'],
    ['half an answer', 'application/json', '{"version":"1.0'],
  ] as const)('by %s in place of the status is named as such', async ([, contentType, body]) => {
    const { page, close } = await openDashboard(browser, scene);
    await page.route('**/api/status', (route) => route.fulfill({ status: 200, contentType, body }));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /not JSON/ })
      .waitFor();
    await close();
  });

  test('by a stopped app does not cost the key', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.route('**/api/status', (route) =>
      route.fulfill({ status: 403, contentType: 'text/html', body: '<h1>Web app is stopped</h1>' }),
    );
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /HTTP 403.*is the app stopped/ })
      .waitFor();
    await expect.poll(() => page.evaluate('sessionStorage.length')).toBe(1);
    await close();
  });

  test('by an answer without its list is named as such, and does not look like an empty list', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.route('**/api/backfill?*', (route) => route.fulfill({ json: { backfills: [] } }));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: /backfills: The answer has a form/ })
      .waitFor();
    await close();
  });

  test('of the page itself, by an answer of another release, is shown and not left blank', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.route('**/api/status', (route) => route.fulfill({ json: { version: '2.0.0', streams: 'none' } }));
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { name: 'The dashboard has failed' }).waitFor();
    await page.unroute('**/api/status');
    await page.getByRole('button', { name: 'Load the page again' }).click();
    await page.locator('.strip .bar').first().waitFor();
    await close();
  });

  test('of the settings is told by the page, whose shell needs none', async () => {
    const { page, close } = await openPage(browser, scene.url);
    const detail = 'Settings: QUALYS_USERNAME must be set';
    await page.route('**/api/status', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify({ detail }) }),
    );
    await enterKey(page, KEY);
    await page.getByRole('alert').filter({ hasText: detail }).waitFor();
    await page.getByRole('heading', { name: 'The status cannot be read' }).waitFor();
    await close();
  });

  test('of the whole app leaves what was known, marked as old, until it is back', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByText('live', { exact: true }).waitFor();
    await scene.app.stopHost();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page
      .getByRole('alert')
      .filter({ hasText: 'the app cannot be reached' })
      .or(page.getByText('The app cannot be reached'))
      .first()
      .waitFor();
    await page.getByText('stale', { exact: true }).waitFor();
    await expect.poll(() => page.getByRole('heading', { level: 1 }).innerText()).toMatch(/^As of \d\d:\d\d:\d\d UTC: /);
    await expect.poll(() => page.locator('.verdict.good').count()).toBe(0);
    await expect.poll(() => page.locator('.bar').count()).toBeGreaterThan(0);
    await scene.app.restartHost();
    await page.getByText('live', { exact: true }).waitFor({ timeout: 70_000 });
    await expect.poll(() => page.getByRole('alert').filter({ hasText: 'out of date' }).count()).toBe(0);
    await close();
  });
});
