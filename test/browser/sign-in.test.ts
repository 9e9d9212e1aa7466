import { expect, test } from 'vitest';
import { PAGE_FILE_NAMES } from '../../src/lib/http/dashboard-files.ts';
import { startPlatform } from '../support/play-platform.ts';
import { openPage, startBrowser } from './support/browser.ts';
import { startScene } from './support/scene.ts';

test('where people sign in, the page leads there and back, shows what a reader may see, and says what acting needs', async () => {
  const scene = await startScene({
    settings: { FUNCTIONS_KEY: 'unused', CALLER_AUTH: 'entra', WEBSITE_AUTH_ENABLED: 'True' },
    simulator: { eventCount: 0, hostCount: 0 },
  });
  const open = ['/api/dashboard', ...PAGE_FILE_NAMES.map((name) => `/api/dashboard/${name}`)];
  const callers = { 'token-of-bob': { name: 'bob@example.com', roles: ['Read'] } };
  const platform = await startPlatform(() => scene.app.host.url, callers, open);
  const browser = await startBrowser();
  try {
    const { page } = await openPage(browser, `${platform.url}/api/dashboard`);
    const signIn = page.getByRole('link', { name: 'Sign in with Microsoft Entra ID' });
    await signIn.waitFor();
    await expect.poll(() => page.getByLabel('Function key').count()).toBe(0);
    await signIn.click();
    await page.locator('.strip .bar').first().waitFor();
    expect(new URL(page.url()).pathname).toBe('/api/dashboard');
    await expect.poll(() => page.getByRole('button', { name: 'Forget key' }).count()).toBe(0);
    const answer = await page.evaluate(
      "fetch('backfill/0123456789ab-9', { method: 'DELETE' }).then((it) => it.text())",
    );
    expect(answer).toContain('bob@example.com needs the app role Operate');
  } finally {
    await browser.close();
    await platform.close();
    await scene.close();
  }
});
