import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
import { hoursAgo, startCalmScene, type Scene } from './support/scene.ts';

let scene: Scene;
let browser: Browser;

beforeAll(async () => {
  scene = await startCalmScene({ simulator: { eventCount: 3000, hostCount: 5, spanHours: 96 } });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

const field = (time: number): string => new Date(time).toISOString().slice(0, 16);

async function fill(page: Page, from: string, to: string): Promise<void> {
  await page.getByLabel('From (UTC)').fill(from);
  await page.getByLabel('To (UTC)').fill(to);
  await page.getByRole('button', { name: 'Start the backfill' }).click();
}

async function openForm(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Start a backfill' }).last().click();
}

describe('a backfill', () => {
  test('can be started with a button for the range, and watched until it is done', async () => {
    const { page, faults, close } = await openDashboard(browser, scene);
    await openForm(page);
    await fill(page, field(hoursAgo(90)), field(hoursAgo(80)));
    await page.getByText('The backfill of edr-events has started.').waitFor();
    const item = page.locator('[data-backfill]').first();
    await item.getByText('succeeded').waitFor({ timeout: 60_000 });
    await expect.poll(() => item.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('100');
    await item.getByText('10 of 10 windows').waitFor();
    await expect.poll(() => item.getByText(/[1-9]\d* rows/).count()).toBe(1);
    expect(unexpected(faults)).toEqual([]);
    await close();
  });

  test('is offered for the streams that are enabled, and no others', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await openForm(page);
    const offered = await page.getByLabel('Stream', { exact: true }).locator('option').allTextContents();
    expect(offered).toEqual(['edr-events', 'vm-detections']);
    await close();
  });

  test('is offered for last month, and the others of the usual ranges', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await openForm(page);
    await page.getByRole('button', { name: /^Last month/ }).click();
    await expect.poll(() => page.getByLabel('From (UTC)').inputValue()).toMatch(/^\d{4}-\d{2}-01T00:00$/);
    await page.getByRole('button', { name: 'Last 7 days' }).click();
    const [from, to] = [
      await page.getByLabel('From (UTC)').inputValue(),
      await page.getByLabel('To (UTC)').inputValue(),
    ];
    expect(Date.parse(`${to}Z`) - Date.parse(`${from}Z`)).toBe(7 * 86_400_000);
    await page.getByText(/^168 windows, about \d+ calls\. /).waitFor();
    await close();
  });

  test('that the app refuses shows its reasons at the fields, with the focus at the first', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await openForm(page);
    await fill(page, field(hoursAgo(2)), field(hoursAgo(-30)));
    const problem = page.getByText(/to must be at most the watermark/);
    await problem.waitFor();
    await expect.poll(() => page.getByLabel('To (UTC)').getAttribute('aria-invalid')).toBe('true');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('backfill-to');
    await fill(page, field(hoursAgo(2)), field(hoursAgo(3)));
    await page.getByText('from must be before to').waitFor();
    await expect.poll(() => problem.count()).toBe(0);
    await fill(page, field(hoursAgo(24 * 400)), field(hoursAgo(3)));
    await page.getByText(/at most 90 days \(BACKFILL_MAX_DAYS\)/).waitFor();
    await close();
  });

  test('is one press away from the top of the page', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByRole('button', { name: 'Start a backfill' }).first().click();
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('backfill-stream');
    await close();
  });

  test('is not sent without its times', async () => {
    const { page, requests, close } = await openDashboard(browser, scene);
    await openForm(page);
    await page.getByRole('button', { name: 'Start the backfill' }).click();
    await page.getByText('Enter the first instant to read, in UTC.').waitFor();
    expect(requests.filter((url) => url.endsWith('/backfill'))).toEqual([]);
    await close();
  });

  test('can be cancelled, after a question', async () => {
    scene.simulator.configure({ latencyMs: 1000 });
    const { page, close } = await openDashboard(browser, scene);
    await openForm(page);
    await fill(page, field(hoursAgo(72)), field(hoursAgo(48)));
    const item = page.locator('[data-backfill]').first();
    await item.getByRole('button', { name: /^Cancel/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
    await expect.poll(() => item.getByText('running').count()).toBe(1);
    await item.getByRole('button', { name: /^Cancel/ }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the backfill' }).click();
    await item.locator('.badge', { hasText: 'cancelled' }).waitFor();
    // The button is gone: the focus is where it was, not lost.
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('backfills');
    scene.simulator.configure({ latencyMs: 0 });
    await close();
  });
});
