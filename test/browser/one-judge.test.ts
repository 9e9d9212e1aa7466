import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERDICT_LOOKS } from '../../src/dashboard/model/judgement.ts';
import { answerOf, CASES, type Case } from '../support/stands.ts';
import { startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
import { startScene, type Scene } from './support/scene.ts';

const ICONS = {
  good: 'icon.svg',
  info: 'icon-waiting.svg',
  warn: 'icon-waiting.svg',
  bad: 'icon-attention.svg',
} as const;

const GUIDES = 'Array.from(document.querySelectorAll(".problems a[target]"), (each) => each.getAttribute("href"))';

let scene: Scene;
let browser: Browser;

beforeAll(async () => {
  scene = await startScene({ simulator: { eventCount: 20, hostCount: 1 } });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

test('page, title and icon of the tab tell what the app judges, in each state', async () => {
  const { page, faults, close } = await openDashboard(browser, scene);
  let shown: Case | undefined;
  await page.route('**/api/status', (route) =>
    shown === undefined ? route.continue() : route.fulfill({ json: answerOf(shown) }),
  );
  for (const each of CASES) {
    shown = each;
    await page.getByRole('button', { name: 'Refresh' }).click();
    const { headline, verdict, problems } = answerOf(each);
    const { tone, sign } = VERDICT_LOOKS[verdict];
    await expect.poll(() => page.title(), { timeout: 20_000 }).toBe(`${sign} ${headline} · Qualys connector`);
    // Two cases in a row may share their headline, so all that differs is waited for together.
    const shownNow = async (): Promise<unknown> => {
      const texts = await page.locator('.problems > li').allInnerTexts();
      return {
        headline: (await page.getByRole('heading', { level: 1 }).innerText()).includes(headline),
        icon: await page.locator('link[rel="icon"]').getAttribute('href'),
        acts: texts.map((text, index) => text.includes(problems[index]?.act ?? '\0')),
        guides: await page.evaluate<string[]>(GUIDES),
      };
    };
    await expect.poll(shownNow, { timeout: 20_000 }).toEqual({
      headline: true,
      icon: `dashboard/${ICONS[tone]}`,
      acts: problems.map(() => true),
      guides: problems.map(({ code }) => `dashboard/operate.html#${code}`),
    });
  }
  expect(unexpected(faults)).toEqual([]);
  await close();
});

test('what is stored is on an open page within 10 s while it is not all well', async () => {
  const { page, requests, close } = await openDashboard(browser, scene);
  const bad = CASES.find(({ codes }) => codes.includes('account-refused'));
  if (bad === undefined) throw new Error('there is such a case');
  await page.route('**/api/status', (route) => route.fulfill({ json: answerOf(bad) }));
  await page.getByRole('button', { name: 'Refresh' }).click();
  await page.getByRole('heading', { level: 1, name: 'Ingestion stands still' }).waitFor();
  const before = requests.filter((url) => url.endsWith('/api/status')).length;
  const asked = (): number => requests.filter((url) => url.endsWith('/api/status')).length - before;
  await expect.poll(asked, { timeout: 30_000 }).toBeGreaterThan(1);
  await close();
});
