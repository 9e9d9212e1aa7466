import { expect, test } from 'vitest';
import { openPage, startBrowser } from './support/browser.ts';
import { unexpected } from './support/open-dashboard.ts';
import { startScene } from './support/scene.ts';

test('an app that asks for no key, as on a developer’s machine, shows the dashboard at once', async () => {
  const scene = await startScene({ settings: { FUNCTIONS_KEY: '' }, simulator: { eventCount: 0, hostCount: 0 } });
  const browser = await startBrowser();
  try {
    const { page, faults } = await openPage(browser, scene.url);
    await page.locator('.strip .bar').first().waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Forget key' }).count()).toBe(0);
    expect(unexpected(faults)).toEqual([]);
  } finally {
    await browser.close();
    await scene.close();
  }
});
