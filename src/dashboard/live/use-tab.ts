import { useEffect } from 'preact/hooks';
import type { Health } from '../answers.ts';
import { VERDICT_LOOKS } from '../model/judgement.ts';

const NAME = 'Qualys connector';
/** Which icon a tone has; the page's own stands for all that is well or not known. */
const ICONS = {
  good: 'icon.svg',
  info: 'icon-waiting.svg',
  warn: 'icon-waiting.svg',
  bad: 'icon-attention.svg',
} as const;

/** Tells the verdict in the title and icon of the tab, where a pinned one shows it. */
export function useTab(health: Pick<Health, 'verdict' | 'headline'> | undefined, isStale: boolean): void {
  const { verdict, headline } = health ?? {};
  useEffect(() => {
    const look = verdict === undefined || isStale ? undefined : VERDICT_LOOKS[verdict];
    const words = look === undefined ? '?' : `${look.sign} ${headline ?? ''}`;
    document.title = verdict === undefined ? NAME : `${words} · ${NAME}`;
    const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
    const href = `dashboard/${ICONS[look?.tone ?? 'good']}`;
    if (icon !== null && icon.getAttribute('href') !== href) icon.href = href;
  }, [verdict, headline, isStale]);
}
