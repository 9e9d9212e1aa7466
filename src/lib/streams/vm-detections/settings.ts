import * as z from 'zod';
import {
  apiVersion,
  flag,
  integer,
  list,
  resultsKept,
  schedule,
  startTime,
  trimmed,
  vmParams,
} from '../../setting-kinds.ts';
import { HOST_MEMORY_SETTINGS } from './host-memory-settings.ts';

/** Settings of the stream of VM detections. */
export const VM_DETECTION_SETTINGS = {
  VM_SCHEDULE: schedule.default('0 */30 * * * *').describe('When VM windows are planned: six-field NCRONTAB, UTC.'),
  VM_START: startTime,
  VM_WINDOW_MINUTES: integer({ min: 1, max: 10_080, fallback: 60, unit: 'minutes' }).describe(
    'Largest VM window planned, in minutes.',
  ),
  VM_SAFETY_LAG_SECONDS: integer({ min: 0, max: 86_400, fallback: 600, unit: 'seconds' }).describe(
    "A VM window's end stays this far behind now, in seconds.",
  ),
  VM_API_VERSION: apiVersion('5.0').describe(
    'Version of the detection API and the host list; only the path differs. Older than 5.0: end of life June 2026.',
  ),
  VM_TRUNCATION_LIMIT: integer({ min: 20, max: 5000, fallback: 1000, unit: 'hosts' }).describe('Hosts a page.'),
  VM_STATUS: list(
    (item) => /^(New|Active|Fixed|Re-Opened)$/.test(item),
    'must be a subset of New,Active,Fixed,Re-Opened',
  )
    .prefault('New,Active,Fixed,Re-Opened')
    .describe('Detection states asked for.'),
  VM_SEVERITIES: trimmed
    .pipe(
      z.string().regex(/^[1-5](-[1-5])?(,[1-5](-[1-5])?)*$/, 'must be severities 1 to 5 as a list or range, e.g. 3-5'),
    )
    .optional()
    .describe('Severities asked for; unset: all.'),
  VM_RESULTS: resultsKept.describe(
    'RESULTS of a detection: full, cap:<bytes> (what is longer is cut, and says so) or none (not asked for).',
  ),
  VM_SHOW_RESULTS: flag(true).describe('0 is another way to say VM_RESULTS=none.'),
  VM_SHOW_QDS: flag(true).describe('Whether detections carry QDS.'),
  VM_SHOW_TAGS: flag(false).describe('Whether hosts carry tags.'),
  VM_SHOW_IGS: flag(false).describe('Whether information-gathered detections come too.'),
  ...HOST_MEMORY_SETTINGS,
  VM_PARAMS: vmParams({ pattern: /^vm_processed_(after|before)$/, text: 'vm_processed_*, ' }).describe(
    'Further parameters of the detection call, as a query string.',
  ),
};
