import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DESKTOP, startBrowser } from './support/browser.ts';
import { openDashboard, streamCard, unexpected } from './support/open-dashboard.ts';
import { countWindows, edrRoute, hoursAgo, startScene, type Scene } from './support/scene.ts';

/** Hours whose windows Qualys refuses; a window of the first tick begins within the hour. */
const [RETRIED, WAIVED] = [hoursAgo(8), hoursAgo(16)];

let scene: Scene;
let browser: Browser;

const refuse = (time: number) =>
  ({ kind: 'status', status: 400, body: '{"message":"bad filter"}', route: edrRoute(time), count: 'always' }) as const;

beforeAll(async () => {
  scene = await startScene({ faults: [refuse(RETRIED), refuse(WAIVED)] });
  await vi.waitFor(
    async () => expect(await countWindows(scene, 'edr-events')).toMatchObject({ open: 2, failed: 2, incomplete: 0 }),
    { timeout: 60_000, interval: 200 },
  );
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

describe('a failed window', () => {
  test('is the first thing the page says, with what it means for the stream', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByRole('heading', { level: 1, name: 'Needs your attention' }).waitFor();
    const problem = page.getByRole('link', { name: /edr-events: 2 windows failed; complete only up to/ });
    await problem.click();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('stream-edr-events');
    await streamCard(page, 'edr-events')
      .getByText('Qualys refuses the request (HTTP 400): bad filter')
      .first()
      .waitFor();
    await close();
  });

  test('is not told by colour alone', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const card = streamCard(page, 'edr-events');
    await expect.poll(() => card.locator('.marks .failed').allInnerTexts()).toEqual(['✕', '✕']);
    await expect.poll(() => card.getByRole('option', { name: /failed/ }).count()).toBe(2);
    await card.getByText('2 failed').first().waitFor();
    await close();
  });

  test('is given up only with a reason, which goes to the audit table', async () => {
    const { page, faults, requests, close } = await openDashboard(browser, scene);
    const card = streamCard(page, 'edr-events');
    await card
      .getByRole('button', { name: /^Waive/ })
      .first()
      .click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Waive' }).click();
    await dialog.getByText('Give a reason').waitFor();
    expect(requests.filter((url) => url.includes('/waive'))).toEqual([]);
    await dialog.getByLabel('Reason').fill('Qualys case 4711 & more');
    await dialog.getByRole('button', { name: 'Waive' }).click();
    await page.getByRole('status').filter({ hasText: 'waived' }).waitFor();
    await card.getByText('1 waived').waitFor();
    expect(new URL(requests.find((url) => url.includes('/waive')) ?? '').searchParams.get('reason')).toBe(
      'Qualys case 4711 & more',
    );
    expect(unexpected(faults)).toEqual([]);
    await close();
  });

  test('is retried at a press, and closed once Qualys answers', async () => {
    const { page, faults, close } = await openDashboard(browser, scene);
    const card = streamCard(page, 'edr-events');
    scene.simulator.setFaults();
    await card.getByRole('button', { name: /^Retry 20/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('status').filter({ hasText: 'in the queue again' }).waitFor();
    await card.locator('.counts .failed').waitFor({ state: 'detached' });
    // Caught up: the next tick moves the watermarks.
    await expect.poll(async () => (await countWindows(scene, 'edr-events'))?.open).toBe(0);
    for (const name of ['plan-edr-events', 'plan-vm-detections']) await scene.app.host.runTimer(name);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByRole('heading', { level: 1, name: 'Everything that is due is ingested' }).waitFor();
    expect(unexpected(faults)).toEqual([]);
    await close();
  });

  test('that somebody else has dealt with meanwhile is left alone, and the dialog says so', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const path = '**/api/windows/edr-events?hours=25';
    await page.route(path, async (route) => {
      const answer = await route.fetch();
      const { windows } = (await answer.json()) as { windows: { state: string }[] };
      await route.fulfill({
        json: { windows: windows.map((each, index) => (index === 3 ? { ...each, state: 'failed' } : each)) },
      });
    });
    await page.getByRole('button', { name: 'Refresh' }).click();
    await streamCard(page, 'edr-events')
      .getByRole('button', { name: /^Retry 20/ })
      .click();
    await page.getByRole('dialog').getByRole('button', { name: 'Retry' }).click();
    await page.getByRole('dialog').getByText('The window is closed: nothing was changed').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('Retry');
    await close();
  });
});

describe('the strip', () => {
  test('is one stop for the keyboard: arrows walk, Enter opens and closes', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const card = streamCard(page, 'vm-detections');
    const strip = card.getByRole('listbox');
    await strip.focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    const active = await strip.getAttribute('aria-activedescendant');
    expect(active).toBe(await card.getByRole('option').nth(1).getAttribute('id'));
    await page.keyboard.press('Enter');
    const details = card.getByRole('region', { name: 'Chosen window' });
    for (const fact of ['Expected', 'Fetched', 'Uploaded', 'Pages', 'Calls'])
      await details.getByText(fact, { exact: true }).waitFor();
    await expect.poll(() => card.getByRole('option', { selected: true }).count()).toBe(1);
    await page.keyboard.press('Enter');
    await details.waitFor({ state: 'detached' });
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("role")')).toBe('listbox');
    await close();
  });

  test('opens the window under the pointer, and leads on to its neighbours', async () => {
    const { page, close } = await openDashboard(browser, scene, DESKTOP);
    const card = streamCard(page, 'edr-events');
    const box = await card.getByRole('listbox').boundingBox();
    await card.getByRole('listbox').click({ position: { x: (box?.width ?? 0) * 0.5, y: 10 } });
    const details = card.getByRole('region', { name: 'Chosen window' });
    const title = await details.getByRole('heading').innerText();
    expect(title).toMatch(/^\d{4}-\d{2}-\d{2} \d{2}:\d{2} – /);
    await details.getByRole('button', { name: 'Later' }).click();
    await expect.poll(() => details.getByRole('heading').innerText()).not.toBe(title);
    await details.getByRole('button', { name: 'Earlier' }).click();
    await expect.poll(() => details.getByRole('heading').innerText()).toBe(title);
    await close();
  });

  test('has the rows by hour below it, drawn and as a table with the same sum', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const card = streamCard(page, 'edr-events');
    expect(
      await card
        .getByRole('img', { name: /rows in the hours shown/ })
        .locator('canvas')
        .count(),
    ).toBe(1);
    await card.getByText('Rows by hour as a table').click();
    const cells = await card.locator('td.number').allInnerTexts();
    const sum = cells.reduce((total, text) => total + Number(text.replaceAll(',', '')), 0);
    const windows = (await scene.app.get('windows/edr-events?hours=25')).body as { windows: { uploaded: number }[] };
    const uploaded = windows.windows.reduce((total, each) => total + each.uploaded, 0);
    expect(Math.abs(sum - uploaded)).toBeLessThanOrEqual(13);
    expect(uploaded).toBeGreaterThan(500);
    await close();
  });
});
