import * as z from 'zod';
import { integer, list, trimmed } from '../../setting-kinds.ts';

/** What says when, not what: of hosts and of their detections. */
const PASSING_FIELDS = [
  'LAST_SCAN_DATETIME',
  'LAST_VM_SCANNED_DATE',
  'LAST_VM_SCANNED_DURATION',
  'LAST_VM_AUTH_SCANNED_DATE',
  'LAST_VM_AUTH_SCANNED_DURATION',
  'LAST_PC_SCANNED_DATE',
  'LAST_FOUND_DATETIME',
  'LAST_TEST_DATETIME',
  'LAST_UPDATE_DATETIME',
  'LAST_PROCESSED_DATETIME',
  'TIMES_FOUND',
];

/** What says which detection it is and how it stands: a host in which these have changed has to be sent. */
const TELLING_FIELDS = [
  'ID',
  'QID',
  'UNIQUE_VULN_ID',
  'TYPE',
  'STATUS',
  'SEVERITY',
  'QDS',
  'PORT',
  'PROTOCOL',
  'SSL',
  'IS_IGNORED',
  'IS_DISABLED',
  'LAST_FIXED_DATETIME',
  'FIRST_REOPENED_DATETIME',
  'LAST_REOPENED_DATETIME',
  'TIMES_REOPENED',
];

/** Values of `VM_INGEST`. */
export const INGEST_MODES = ['changes', 'changed-hosts', 'all'] as const;

/** Whether `VM_PASSING_FIELDS` may name an element. */
export function mayPass(name: string): boolean {
  return /^[A-Z][A-Z0-9_]{0,99}$/.test(name) && !TELLING_FIELDS.includes(name);
}

/** Settings of what is remembered of hosts, and so of what is sent of them. */
export const HOST_MEMORY_SETTINGS = {
  VM_INGEST: trimmed
    .pipe(z.enum(INGEST_MODES, 'must be changes, changed-hosts or all'))
    .prefault('changed-hosts')
    .describe(
      'What is sent of the hosts that Qualys has processed: changed-hosts (those that changed, with all detections), changes (only detections that changed; with a filter in the data collection rule it counts as changed-hosts) or all (everything).',
    ),
  VM_REFRESH_DAYS: integer({ min: 1, max: 7, fallback: 7, unit: 'days' }).describe(
    'Without VM_INGEST=all: a host is sent whole once in so many days in which Qualys processes it, also if it is unchanged.',
  ),
  VM_PASSING_FIELDS: list(
    mayPass,
    `must be names of elements, comma-separated, none that tells a detection and its state (${TELLING_FIELDS.join(', ')})`,
  )
    .prefault(PASSING_FIELDS.join(','))
    .describe('Without VM_INGEST=all: elements of hosts and detections that alone do not make a host changed.'),
  VM_RULE_FILTER: trimmed
    .optional()
    .describe(
      'Without VM_INGEST=all: what stands for the filter of this stream in the data collection rule; set by the deployment. With another value every host is sent once more.',
    ),
};
