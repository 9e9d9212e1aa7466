import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { DARK, DESKTOP, openPage, PHONE, startBrowser } from './support/browser.ts';
import { openDashboard, streamCard } from './support/open-dashboard.ts';
import { countWindows, edrRoute, hoursAgo, startScene, type Scene } from './support/scene.ts';

const THEMES = [
  ['light', DESKTOP],
  ['dark', DARK],
  ['phone', PHONE],
  ['dark phone', { ...PHONE, colorScheme: 'dark' as const }],
] as const;

let scene: Scene;
let browser: Browser;
let axe: string;

beforeAll(async () => {
  scene = await startScene({
    simulator: { eventCount: 600, hostCount: 10, spanHours: 72, rateLimit: 1000 },
    settings: { INCOMPLETE_AFTER_HOURS: '0' },
    faults: [
      { kind: 'status', status: 400, body: '{"message":"bad filter"}', route: edrRoute(hoursAgo(8)), count: 'always' },
      {
        kind: 'wrong-count',
        delta: 5,
        route: edrRoute(hoursAgo(14)).replace('events', 'events/count'),
        count: 'always',
      },
    ],
  });
  await vi.waitFor(
    async () => expect(await countWindows(scene, 'edr-events')).toMatchObject({ open: 1, failed: 1, incomplete: 1 }),
    { timeout: 60_000, interval: 200 },
  );
  const range = { from: new Date(hoursAgo(60)).toISOString(), to: new Date(hoursAgo(50)).toISOString() };
  await scene.app.post('backfill', { stream: 'edr-events', ...range });
  axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** Serious and critical problems, by rule and place. */
async function findViolations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<{ violations: Violation[] }>('axe.run(document)');
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`));
}

describe.for(THEMES)('axe-core finds nothing serious, %s,', ([, options]) => {
  test('on the form for the key', async () => {
    const { page, close } = await openPage(browser, scene.url, options);
    await page.getByLabel('Function key').waitFor();
    await page.getByRole('button', { name: 'Show the dashboard' }).click();
    await page.getByText('Enter a function key.').waitFor();
    expect(await findViolations(page)).toEqual([]);
    await close();
  });

  test('on the page with problems, a chosen window, the form with an error, and checks', async () => {
    const { page, close } = await openDashboard(browser, scene, options);
    const card = streamCard(page, 'edr-events');
    await card.getByRole('listbox').focus();
    await page.keyboard.press('Enter');
    await card.getByRole('region', { name: 'Chosen window' }).waitFor();
    await card.getByText('Rows by hour as a table').click();
    await page.getByRole('button', { name: 'Start a backfill' }).last().click();
    await page.getByRole('button', { name: 'Start the backfill' }).click();
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.locator('.checks').waitFor();
    expect(await findViolations(page)).toEqual([]);
    await close();
  });

  test('on a question before an act, and on a notice', async () => {
    const { page, close } = await openDashboard(browser, scene, options);
    await page.getByRole('button', { name: 'Retry all' }).first().click();
    await page.getByRole('dialog').waitFor();
    expect(await findViolations(page)).toEqual([]);
    await page.getByRole('dialog').getByRole('button', { name: 'Leave it' }).click();
    await page
      .getByRole('button', { name: /^Waive/ })
      .first()
      .click();
    expect(await findViolations(page)).toEqual([]);
    await close();
  });

  test('while the app cannot be reached', async () => {
    const { page, close } = await openDashboard(browser, scene, options);
    await page.route('**/api/status', (route) => route.abort());
    const menu = page.getByRole('button', { name: 'Menu' });
    if (await menu.isVisible()) await menu.click();
    await page.getByRole('button', { name: 'Refresh' }).click();
    await page.getByText('stale', { exact: true }).waitFor();
    expect(await findViolations(page)).toEqual([]);
    await close();
  });
});

describe('without a mouse', () => {
  test('everything can be reached, in the order in which it is read', async () => {
    const { page, close } = await openDashboard(browser, scene);
    const seen: string[] = [];
    for (let step = 0; step < 40; step++) {
      await page.keyboard.press('Tab');
      const name = await page.evaluate<string>(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent).slice(0, 40)',
      );
      if (seen.includes(name) && name === seen[0]) break;
      seen.push(name);
    }
    const order = [
      'Skip to the content',
      'Refresh',
      'Pause',
      'Forget key',
      'edr-events: 1 window failed',
      'Start a backfill',
      'Windows of edr-events',
      'Retry 20',
      'Waive 20',
      'Windows of vm-detections',
      'Check now',
    ];
    const places = order.map((wanted) => seen.findIndex((name) => name.startsWith(wanted)));
    expect(places).not.toContain(-1);
    expect(places).toEqual([...places].sort((one, two) => one - two));
    await close();
  });
});

describe.for([375, 320])('a phone of %i px', (width) => {
  test('needs no sideways scrolling, with everything unfolded', async () => {
    const { page, close } = await openDashboard(browser, scene, { ...PHONE, viewport: { width, height: 700 } });
    await page.getByRole('button', { name: 'Start a backfill' }).last().tap();
    await streamCard(page, 'edr-events').getByRole('listbox').tap();
    await streamCard(page, 'edr-events').getByRole('region', { name: 'Chosen window' }).waitFor();
    await page.getByRole('button', { name: 'Check now' }).tap();
    await page.locator('.checks').waitFor();
    await page.getByRole('button', { name: 'Menu' }).tap();
    await page.getByRole('button', { name: 'Refresh' }).waitFor();
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await close();
  });

  test('says the verdict first: nothing but its age stands above', async () => {
    const { page, close } = await openDashboard(browser, scene, { ...PHONE, viewport: { width, height: 700 } });
    await expect.poll(() => page.getByRole('button', { name: 'Refresh' }).count()).toBe(0);
    const top = await page.evaluate<number>('document.querySelector("h1").getBoundingClientRect().top');
    expect(top).toBeLessThan(100);
    await close();
  });
});
