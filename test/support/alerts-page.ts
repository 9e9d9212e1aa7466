import { readFileSync } from 'node:fs';

/** As the page declares it. */
type IsGenuine = (headers: Readonly<Record<string, unknown>>, body: string, secret: string, now?: number) => boolean;

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');

/** The first block of code of docs/alerts.md in a language that holds a text. */
export function blockOf(language: string, text: string): string {
  const blocks = [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, given]) => given === language);
  const block = blocks.map(([, , code = '']) => code).find((code) => code.includes(text));
  if (block === undefined) throw new Error(`docs/alerts.md shows no ${language} with ${text}`);
  return block;
}

const code = encodeURIComponent(blockOf('js', 'isGenuine'));

/** The check of the signature, run as docs/alerts.md shows it. */
export const { isGenuine } = (await import(`data:text/javascript,${code}`)) as { isGenuine: IsGenuine };
