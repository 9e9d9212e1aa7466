import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';

/** Debian's Chromium, unless another one is named. */
const EXECUTABLE = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** Sizes and themes that the page is made for. */
export const DESKTOP: BrowserContextOptions = {
  viewport: { width: 1280, height: 900 },
  colorScheme: 'light',
  locale: 'en-GB',
};
export const DARK: BrowserContextOptions = { ...DESKTOP, colorScheme: 'dark' };
export const PHONE: BrowserContextOptions = {
  viewport: { width: 375, height: 812 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
  colorScheme: 'light',
  locale: 'en-GB',
};

/** A page, and everything that went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts and of the console: violations of the policy are among them. */
  readonly faults: string[];
  /** Addresses asked for, other than the page's own files. */
  readonly requests: string[];
  readonly close: () => Promise<void>;
}

/** Starts the browser. @throws Error that says how to get one. */
export async function startBrowser(): Promise<Browser> {
  try {
    return await chromium.launch({ executablePath: EXECUTABLE, args: ['--disable-dev-shm-usage'] });
  } catch (error) {
    const hint = `no Chromium at ${EXECUTABLE}: apt-get install -y chromium, or set CHROMIUM_PATH to another one`;
    throw new Error(hint, { cause: error });
  }
}

/** Opens an address in a tab of its own, without what other tabs have stored. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = DESKTOP,
): Promise<OpenPage> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const requests: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(url);
  return { page, faults, requests, close: () => context.close() };
}

/** Enters the function key. */
export async function enterKey(page: Page, key: string): Promise<void> {
  await page.getByLabel('Function key').fill(key);
  await page.getByRole('button', { name: 'Show the dashboard' }).click();
}
