import { expect, test } from 'vitest';
import { newAlertRecord } from '../../src/lib/alerts/alert-record.ts';
import { openStorage } from '../../src/lib/azure/storage.ts';
import { createTableAlertStore } from '../../src/lib/azure/table-alert-store.ts';
import { parseSettings } from '../../src/lib/config.ts';
import { startBrowser } from './support/browser.ts';
import { openDashboard, unexpected } from './support/open-dashboard.ts';
import { startCalmScene } from './support/scene.ts';

test('alerts that the webhook refused are a problem of the page, told why, and can be replayed', async () => {
  const scene = await startCalmScene({ simulator: { eventCount: 0, hostCount: 0 } });
  const browser = await startBrowser();
  try {
    // The host keeps the settings of the scene in this process.
    const store = createTableAlertStore(openStorage(parseSettings(process.env)));
    const item = { version: 1, id: 'RTF_1', payload: '{}', queuedAt: new Date().toISOString() } as const;
    await store.save({
      ...newAlertRecord(item, new Date()),
      state: 'undelivered',
      lastError: 'soar <b>answered</b> 503',
    });
    const { page, faults } = await openDashboard(browser, scene);
    await page.getByRole('link', { name: '1 alert not known to be posted to the webhook' }).click();
    const card = page.getByRole('region', { name: 'Alerts' });
    await card.getByText('soar <b>answered</b> 503').waitFor();
    await card.getByRole('button', { name: 'Replay undelivered' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replay' }).click();
    await page.getByText('1 alert in the queue again.').waitFor();
    await card.getByRole('button', { name: 'Replay undelivered' }).waitFor({ state: 'detached' });
    expect(unexpected(faults)).toEqual([]);
  } finally {
    await browser.close();
    await scene.close();
  }
});
