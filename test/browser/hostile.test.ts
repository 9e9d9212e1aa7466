import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createBlobDeadLetters } from '../../src/lib/azure/blob-dead-letters.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { parseSettings } from '../../src/lib/config.ts';
import { DARK, PHONE, startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
import { countWindows, startScene, type Scene } from './support/scene.ts';

const IMAGE = `<img src=x onerror="document.title='owned'">`;
const SCRIPT = `</script><script>document.title='owned'</script>`;
const RTL = 'השרת-של-דוד.local';
const OVERRIDE = 'invoice\u202Egpj.exe';
const LONG = 'x'.repeat(3000);

let scene: Scene;
let browser: Browser;

beforeAll(async () => {
  // Qualys' own text in an error, as it comes for a host of that name.
  const text = `host ${IMAGE} ${RTL} cannot be read ${SCRIPT} ${'y'.repeat(300)}`;
  scene = await startScene({
    simulator: { eventCount: 50, hostCount: 5 },
    faults: [{ kind: 'simple-return', code: '1905', text, status: 400, route: 'host/vm/detection', count: 'always' }],
  });
  // The host keeps the settings of the scene in this process.
  const letters = createBlobDeadLetters(openStorage(parseSettings(process.env)));
  for (const [index, reason] of [IMAGE, SCRIPT, RTL, OVERRIDE, LONG].entries()) {
    const window = `20260501T1${index}0000Z-20260501T1${index}1500Z`;
    const rows = Buffer.from(JSON.stringify([{ TimeGenerated: new Date().toISOString(), HostName: reason }]));
    await letters.put({
      stream: 'vm-detections',
      run: 'live',
      window,
      table: 'QualysHostDetectionV3_CL',
      reason,
      at: new Date().toISOString(),
      json: rows,
    });
  }
  await vi.waitFor(async () => expect((await countWindows(scene, 'vm-detections'))?.failed).toBeGreaterThan(0), {
    timeout: 60_000,
    interval: 200,
  });
  browser = await startBrowser();
});
afterAll(async () => {
  await browser.close();
  await scene.close();
});

describe('hostile texts of the vendor', () => {
  test('are shown as text: nothing is fetched, run or built from them', async () => {
    const { page, faults, requests, close } = await openDashboard(browser, scene);
    await page.getByText(IMAGE).first().waitFor();
    await page.getByText(SCRIPT).first().waitFor();
    await expect.poll(() => page.title()).toBe('! Needs your attention · Qualys connector');
    const images = 'Array.from(document.images, (each) => each.getAttribute("src"))';
    await expect.poll(() => page.evaluate(images)).toEqual(['dashboard/icon.svg']);
    expect(requests.filter((url) => url.endsWith('/x'))).toEqual([]);
    expect(unexpected(faults)).toEqual([]);
    await close();
  });

  test('do not turn the text around them, nor hide a file’s true ending', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByText(RTL, { exact: true }).waitFor();
    const directions =
      'Array.from(document.querySelectorAll("bdi.vendor"), (each) => getComputedStyle(each).unicodeBidi)';
    expect(new Set(await page.evaluate<string[]>(directions))).toEqual(new Set(['isolate']));
    await page.getByText('invoice⟨U+202E⟩gpj.exe').waitFor();
    await close();
  });

  test('that are long are folded, and break no layout on a phone', async () => {
    const { page, close } = await openDashboard(browser, scene, PHONE);
    const more = page.getByRole('button', { name: 'Show all 3,000 characters' });
    await more.click();
    await page.getByText(LONG).waitFor();
    await expect.poll(() => page.evaluate('document.documentElement.scrollWidth')).toBe(375);
    await page.getByRole('button', { name: 'Show less' }).click();
    await expect.poll(() => page.getByText(LONG).count()).toBe(0);
    await close();
  });

  test('would be stopped by the policy even if the page built markup from them', async () => {
    const { page, close } = await openDashboard(browser, scene, DARK);
    const refused = `(() => { try { document.body.innerHTML = '<p>x</p>'; return false; } catch { return true; } })()`;
    await expect.poll(() => page.evaluate(refused)).toBe(true);
    expect(await page.evaluate(`fetch('https://example.com').then(() => 'sent', () => 'refused')`)).toBe('refused');
    await close();
  });
});

describe('dead letters', () => {
  test('are replayed after a question, and gone once Azure has taken their rows', async () => {
    const { page, close } = await openDashboard(browser, scene);
    await page.getByRole('heading', { name: 'Dead letters: 5' }).waitFor();
    await page.getByRole('button', { name: 'Replay' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
    await page.getByText('5 dead letters replayed, 5 rows.').waitFor();
    await page.getByRole('heading', { name: 'Dead letters: 5' }).waitFor({ state: 'detached' });
    await page.locator('#dead-letters', { hasText: /^Dead letters0/ }).waitFor();
    expect(scene.app.rows('QualysHostDetectionV3_CL')).toHaveLength(5);
    await close();
  });
});

describe('connections', () => {
  test('are checked on demand, and one that fails says why', async () => {
    const { page, faults, close } = await openDashboard(browser, scene);
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.getByRole('listitem').filter({ hasText: 'logs-ingestion' }).waitFor();
    await expect.poll(() => page.locator('.checks .badge.good').count()).toBe(5);
    scene.simulator.configure({ password: 'another' });
    await page.getByRole('button', { name: 'Check now' }).click();
    await page.locator('.checks .badge.bad').first().waitFor();
    await expect.poll(() => page.locator('.checks').innerText()).toContain('QUALYS_PASSWORD');
    scene.simulator.configure({ password: 'simulated-password' });
    expect(unexpected(faults, /503/)).toEqual([]);
    await close();
  });
});
