import { readFileSync } from 'node:fs';

/** As the page declares it. */
type IsGenuine = (headers: Readonly<Record<string, unknown>>, body: string, secret: string, now?: number) => boolean;

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
const [, code] = /^```js\n([\s\S]*?)^```$/m.exec(page) ?? [];
if (code === undefined) throw new Error('docs/alerts.md shows no JavaScript');

/** The check of the signature, run as docs/alerts.md shows it. */
export const { isGenuine } = (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as {
  isGenuine: IsGenuine;
};
