import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { enterKey, openPage, startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
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

describe('the function key', () => {
  test('is asked for, and the shell shows no data before', async () => {
    const { page, requests, close } = await openPage(browser, scene.url);
    await page.getByLabel('Function key').waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(/edr-events|vm-detections|UTC/);
    expect(requests.filter((url) => new URL(url).origin !== new URL(scene.url).origin)).toEqual([]);
    await close();
  });

  test('that is wrong is refused with the reason, and asked for again', async () => {
    const { page, close } = await openPage(browser, scene.url);
    await enterKey(page, 'wrong');
    await page.getByText('the app refuses the function key (HTTP 401)').waitFor();
    await expect.poll(() => page.evaluate('sessionStorage.length')).toBe(0);
    await enterKey(page, KEY);
    await page.getByRole('heading', { name: /ingested|here yet|attention/ }).waitFor();
    await close();
  });

  test.for(['', '   ', 'two words', 'schlüssel'])('that cannot be one (%j) is not sent', async (key) => {
    const { page, requests, close } = await openPage(browser, scene.url);
    await page.getByLabel('Function key').waitFor();
    const before = requests.length;
    await enterKey(page, key);
    await page.getByRole('alert').filter({ hasText: 'key' }).waitFor();
    expect(requests.slice(before)).toEqual([]);
    await close();
  });

  test('stays in the tab, outlives a reload, and never stands in an address', async () => {
    const { page, requests, faults, close } = await openDashboard(browser, scene);
    await page.reload();
    await page.locator('.strip .bar').first().waitFor();
    await expect
      .poll(() => page.evaluate('[localStorage.length, document.cookie, Object.values(sessionStorage)]'))
      .toEqual([0, '', [KEY]]);
    expect([page.url(), ...requests].filter((url) => url.includes(KEY))).toEqual([]);
    expect(unexpected(faults)).toEqual([]);
    await close();
  });

  test('can be forgotten', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.getByLabel('Function key').waitFor();
    await expect.poll(() => page.evaluate('sessionStorage.length')).toBe(0);
    await page.reload();
    await page.getByLabel('Function key').waitFor();
    await close();
  });
});
