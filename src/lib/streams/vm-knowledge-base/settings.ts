import { apiVersion, endedVersions, integer, schedule, vmParams } from '../../setting-kinds.ts';

/** All that is documented of a vulnerability, disabled ones included. */
const DEFAULT_PARAMS = 'details=All&show_disabled_flag=1&show_pci_reasons=1&show_supported_modules_info=1';

/** The oldest version of the KnowledgeBase API that goes on. */
const API_VERSION = '4.0';

/** Settings of the stream of the KnowledgeBase. */
export const VM_KNOWLEDGE_BASE_SETTINGS = {
  KB_SCHEDULE: schedule
    .default('0 */15 * * * *')
    .describe('When windows of the KnowledgeBase are planned: six-field NCRONTAB, UTC.'),
  KB_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 360, unit: 'minutes' }).describe(
    'Changes are read once in so many minutes; windows end on multiples of that (360: at 0, 6, 12 and 18 h UTC).',
  ),
  KB_SAFETY_LAG_SECONDS: integer({ min: 0, max: 604_800, fallback: 36_000, unit: 'seconds' }).describe(
    "A window's end stays this far behind now, in seconds: changes surface up to ten hours late.",
  ),
  KB_FULL_DAYS: integer({ min: 0, max: 365, fallback: 6, unit: 'days' }).describe(
    'Everything is loaded anew once in so many days, so that a query over a week finds it; 0: at the start only.',
  ),
  KB_API_VERSION: apiVersion(API_VERSION).describe(
    'Version of the KnowledgeBase API; only the path differs. Older than 4.0: end of life June 2026.',
  ),
  KB_PAGE_SIZE: integer({ min: 1, max: 10_000, fallback: 500, unit: 'QIDs' }).describe('QIDs a page.'),
  KB_PARAMS: vmParams(
    { pattern: /^last_modified_(after|before)$/, text: 'last_modified_*, ' },
    DEFAULT_PARAMS,
  ).describe('Parameters of the KnowledgeBase call beside its window, as a query string.'),
};

/** What nobody can have meant. */
export function knowledgeBaseMistakes({ KB_API_VERSION }: { readonly KB_API_VERSION: string }): string[] {
  return endedVersions({ KB_API_VERSION }, API_VERSION);
}
