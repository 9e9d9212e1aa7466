import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { DESKTOP, enterKey, openPage, type OpenPage } from './browser.ts';
import { KEY, type Scene } from './scene.ts';

/** Opens the dashboard with the right key and waits until the windows are there. */
export async function openDashboard(
  browser: Browser,
  scene: Scene,
  options: BrowserContextOptions = DESKTOP,
): Promise<OpenPage> {
  const opened = await openPage(browser, scene.url, options);
  await enterKey(opened.page, KEY);
  await opened.page.locator('.strip .bar').first().waitFor();
  return opened;
}

/** The part of a stream. */
export function streamCard(page: Page, name: string): Locator {
  return page.locator(`[data-stream="${name}"]`);
}

/** What went wrong in a page, but for the answers that a test provokes. */
export function unexpected(faults: readonly string[], ...expected: readonly RegExp[]): string[] {
  // Before the key is entered the app is asked once without one: it may ask for none.
  const known = [/status of 401/, ...expected];
  return faults.filter((fault) => !known.some((pattern) => pattern.test(fault)));
}
