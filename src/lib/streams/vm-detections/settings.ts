import * as z from 'zod';
import {
  apiVersion,
  endedVersions,
  flag,
  integer,
  list,
  resultsKept,
  schedule,
  startTime,
  trimmed,
  vmParams,
} from '../../setting-kinds.ts';

/** The oldest version of the detection API that goes on. */
const API_VERSION = '5.0';

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
  VM_API_VERSION: apiVersion(API_VERSION).describe(
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
  VM_PARAMS: vmParams({ pattern: /^vm_processed_(after|before)$/, text: 'vm_processed_*, ' }).describe(
    'Further parameters of the detection call, as a query string.',
  ),
};

type VmSettings = z.infer<z.ZodObject<typeof VM_DETECTION_SETTINGS>>;
type IngestSettings = Pick<VmSettings, 'VM_INGEST' | 'VM_RULE_FILTER'>;

/** The mode that counts: a filter of the rule may have dropped what a report of changes builds upon, and rows without detections. */
export function ingestModeOf({ VM_INGEST, VM_RULE_FILTER }: IngestSettings): IngestSettings['VM_INGEST'] {
  return VM_INGEST === 'changes' && VM_RULE_FILTER !== undefined ? 'changed-hosts' : VM_INGEST;
}

/** What nobody can have meant. */
export function vmDetectionMistakes(set: IngestSettings & Pick<VmSettings, 'VM_API_VERSION'>): string[] {
  const { VM_API_VERSION, VM_INGEST } = set;
  const ended = endedVersions({ VM_API_VERSION }, API_VERSION);
  if (ingestModeOf(set) === VM_INGEST) return ended;
  return [
    'VM_INGEST is changes while the data collection rule has a filter of vm-detections (VM_RULE_FILTER): it counts as changed-hosts',
    ...ended,
  ];
}

/** What somebody has chosen to lose. */
export function vmDetectionLosses({
  VM_INGEST,
  VM_PASSING_FIELDS,
}: Pick<VmSettings, 'VM_INGEST' | 'VM_PASSING_FIELDS'>): string[] {
  const others = VM_INGEST === 'all' ? [] : VM_PASSING_FIELDS.filter((name) => !PASSING_FIELDS.includes(name));
  return others.map((name) => `VM_PASSING_FIELDS names ${name}: a host in which that alone has changed is not sent`);
}
