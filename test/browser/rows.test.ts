import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { createIngestionStats, tableStats } from '../../dev/ingestion/ingestion-stats.ts';
import type { LocalRoutes } from '../../dev/local-pages/local-pages.ts';
import { ROW_PAGE } from '../../dev/rows/page-files.ts';
import { createRowRoutes } from '../../dev/rows/row-routes.ts';
import { UsageError } from '../../dev/usage-error.ts';
import { runApp } from '../dev/host-test-app.ts';
import { DARK, DESKTOP, openPage, startBrowser, type OpenPage } from './support/browser.ts';

const TABLE = 'QualysEdrEvents_CL';
/** What would run, or break the page, if it were taken for markup. */
const HOSTILE = `<img src=x onerror="document.title='hit'">"'&</td></script>`;

let browser: Browser;
let path: string;
let url: string;

beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

function line(n: number, changes: object = {}): string {
  return `${JSON.stringify({ HostName: `ws-${n}`, Score: n % 10, RowKey: `k-${n}`, Record: { file: { path: `C:\\${n}` } }, Verdicts: null, ...changes })}\n`;
}

beforeEach(async () => {
  const dir = await mkdtemp(join(tmpdir(), 'rows-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));
  path = join(dir, `${TABLE}.ndjson`);
  const stats = createIngestionStats();
  tableStats(stats, TABLE).columns.Record = { cut: 2 };
  const tables = [
    { stream: 'vm-hosts', table: 'QualysVmHosts_CL' },
    { stream: 'edr-events', table: TABLE },
  ];
  const calls: LocalRoutes['calls'] = {
    ...createRowRoutes({ dir, tables, readStats: () => stats }),
    'GET /kql': () => ({ isInstalled: true, functions: ['QualysEdrEvents'] }),
    'POST /kql': ({ body }) => {
      if ((body as { query: string }).query.includes('bad')) throw new UsageError('no such table');
      return { columns: ['Host', 'n'], rows: [[HOSTILE, 3]], isCut: true, milliseconds: 5, seen: { [TABLE]: 2 } };
    },
  };
  ({ url } = await runApp("app.get('x', async () => ({}));", { localRoutes: { files: ROW_PAGE, calls } }));
});

async function open(options = DESKTOP): Promise<OpenPage> {
  const opened = await openPage(browser, `${url}/local/rows`, options);
  onTestFinished(opened.close);
  return opened;
}

const cells = (page: Page): Promise<string[]> => page.locator('#list tbody td:nth-child(3)').allTextContents();

describe('the page of the local tables', () => {
  test('shows the newest rows of a table that has some, unfolds one, and takes nothing for markup', async () => {
    await writeFile(path, line(1) + line(2, { HostName: HOSTILE, [HOSTILE]: HOSTILE }));
    const { page, faults } = await open();
    await page.getByText('2 rows, the last to arrive first. These are all.').waitFor();
    await expect.poll(() => cells(page)).toEqual([HOSTILE, 'ws-1']);
    await expect.poll(() => page.locator('#losses').textContent()).toContain('Values lost in Record (cut 2).');
    await page.getByRole('button', { name: '1', exact: true }).click();
    await page.locator('#detail').getByText('C:\\2').waitFor();
    await expect.poll(() => page.locator('#detail').textContent()).toContain(HOSTILE);
    expect(await page.title()).not.toBe('hit');
    // The app of this test has no icon.
    expect(faults.filter((fault) => !fault.includes('404'))).toEqual([]);
  });

  test('finds one row among 100,000, and lists them page by page', async () => {
    for (let from = 0; from < 100_000; from += 10_000) {
      const lines = Array.from({ length: 10_000 }, (_, n) => line(from + n, { Padding: 'x'.repeat(500) }));
      await appendFile(path, lines.join(''));
    }
    const { page } = await open();
    await page.getByRole('button', { name: 'Older rows' }).click();
    await page.getByText('100 rows, the last to arrive first.').waitFor();
    await page.getByLabel('Search').selectOption('host');
    await page.getByLabel('for', { exact: true }).fill('WS-123');
    await page.keyboard.press('Enter');
    await page.getByText('50 rows, the last to arrive first.').waitFor();
    expect((await cells(page))[0]).toBe('ws-12399');
    await page.getByLabel('Search').selectOption('key');
    await page.getByLabel('for', { exact: true }).fill('k-7');
    await page.keyboard.press('Enter');
    await page.getByText('1 row, the last to arrive first. These are all.').waitFor();
    await expect.poll(() => cells(page)).toEqual(['ws-7']);
  }, 60_000);

  test('is worked by keyboard alone', async () => {
    await writeFile(path, line(1) + line(2) + line(3));
    const { page } = await open();
    await page.getByRole('button', { name: '1', exact: true }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.locator('#detail').getByText('C:\\2').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.locator('#detail').isVisible()).toBe(false);
    await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe('2');
  });

  test('runs KQL, and shows what is wrong with it', async () => {
    await writeFile(path, line(1));
    const { page } = await open();
    await page.getByText('Ask in KQL').click();
    await page.getByText('Functions: QualysEdrEvents.').waitFor();
    await page.getByRole('button', { name: /Run/ }).click();
    await page.getByText(/1 row in 5 ms, over 2 of QualysEdrEvents_CL. There are more/).waitFor();
    await expect.poll(() => page.locator('#result tbody td').allTextContents()).toEqual([HOSTILE, '3']);
    await page.getByRole('textbox', { name: 'Query' }).fill('bad');
    await page.keyboard.press('Control+Enter');
    await page.getByText('no such table').waitFor();
    await expect.poll(() => page.locator('#result td').count()).toBe(0);
  });

  test('has no serious fault of accessibility, light and dark', async () => {
    await writeFile(path, line(1) + line(2));
    const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    for (const options of [DESKTOP, DARK]) {
      const { page } = await open({ ...options, bypassCSP: true });
      await page.getByRole('button', { name: '1', exact: true }).click();
      await page.locator('#detail').getByText('C:\\2').waitFor();
      await page.getByText('Ask in KQL').click();
      await page.evaluate(axe);
      const found = await page.evaluate<{ violations: { id: string; impact: string }[] }>('axe.run(document)');
      expect(found.violations.filter(({ impact }) => ['serious', 'critical'].includes(impact))).toEqual([]);
    }
  });
});
