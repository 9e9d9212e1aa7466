import type { IdRange } from './hosts.ts';

/** A vendor answer of code 19xx: the request is wrong. */
export class ParameterError extends Error {
  override name = 'ParameterError';
  readonly code: '1901' | '1903' | '1905' | '1907';
  constructor(code: ParameterError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Says why a value cannot be, or nothing. */
type Check = (value: string) => string | undefined;

/** What a parameter takes. `unsupported`: known to the vendor, but this simulator would have to ignore it. */
export type ParameterRule = Check | 'unsupported';

/** 0 or 1. */
const flag: Check = (value) => (/^[01]$/u.test(value) ? undefined : 'neither 0 nor 1');
/** A whole number. */
export const whole: Check = (value) => (/^\d{1,15}$/u.test(value) ? undefined : 'not a whole number');
const id: Check = (value) => (/^\d{1,30}$/u.test(value) ? undefined : 'not a positive integer');
const text: Check = () => undefined;
const level: Check = (value) => (/^[0-4]$/u.test(value) ? undefined : 'not 0 to 4');

/** One of the words, or a comma list of them. */
function words(allowed: readonly string[], isList = false): Check {
  return (value) => {
    const wrong = (isList ? value.split(',') : [value]).find((word) => !allowed.includes(word));
    return wrong === undefined ? undefined : `${wrong} is not one of ${allowed.join(', ')}`;
  };
}

const idList: Check = (value) => {
  const wrong = value.split(',').find((part) => !/^\d{1,30}(?:-\d{1,30})?$/u.test(part));
  return wrong === undefined ? undefined : `neither a positive integer nor a range: ${wrong}`;
};

const severities: Check = (value) => {
  const wrong = value.split(',').find((part) => !/^[1-5](?:-[1-5])?$/u.test(part));
  return wrong === undefined ? undefined : `not a severity or a range of them: ${wrong}`;
};

/** A date, or a time in whole seconds of UTC. */
export const date: Check = (value) => {
  const isForm = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\dZ)?$/u.test(value);
  return isForm && !Number.isNaN(Date.parse(value)) ? undefined : 'not a date of the form YYYY-MM-DD[THH:MM:SSZ]';
};

const COMMON: Readonly<Record<string, ParameterRule>> = {
  action: words(['list']),
  echo_request: flag,
  output_format: words(['XML']),
  truncation_limit: whole,
  ids: idList,
  id_min: id,
  id_max: id,
  vm_processed_after: date,
  vm_processed_before: date,
  vm_scan_since: date,
  no_vm_scan_since: date,
  vm_scan_date_after: date,
  vm_scan_date_before: date,
  vm_auth_scan_date_after: 'unsupported',
  vm_auth_scan_date_before: 'unsupported',
  max_days_since_last_vm_scan: whole,
  show_tags: flag,
  show_asset_id: flag,
  show_cloud_tags: flag,
  cloud_tag_fields: text,
  host_metadata: words(['all', 'ec2', 'google', 'azure']),
  host_metadata_fields: text,
  os_pattern: 'unsupported',
  ips: 'unsupported',
  ipv6: 'unsupported',
  ag_ids: 'unsupported',
  ag_titles: 'unsupported',
  network_ids: 'unsupported',
  network_name: 'unsupported',
  compliance_enabled: 'unsupported',
  use_tags: words(['0']),
  tag_set_by: text,
  tag_include_selector: text,
  tag_exclude_selector: text,
  tag_set_include: 'unsupported',
  tag_set_exclude: 'unsupported',
};

/** Parameters of the host list. */
export const HOST_LIST_PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  ...COMMON,
  details: words(['Basic', 'Basic/AGs', 'All', 'All/AGs', 'None']),
  show_trurisk: flag,
  show_trurisk_factors: flag,
  show_ars: flag,
};

/** Parameters of the detection list. */
export const DETECTION_PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  ...COMMON,
  detection_updated_since: date,
  detection_updated_before: date,
  max_days_since_detection_updated: whole,
  detection_processed_after: date,
  detection_processed_before: date,
  detection_last_tested_since: date,
  detection_last_tested_before: date,
  detection_last_tested_since_days: whole,
  detection_last_tested_before_days: whole,
  status: words(['New', 'Active', 'Re-Opened', 'Fixed'], true),
  severities,
  qids: idList,
  include_search_list_titles: 'unsupported',
  exclude_search_list_titles: 'unsupported',
  include_search_list_ids: 'unsupported',
  exclude_search_list_ids: 'unsupported',
  filter_superseded_qids: words(['0']),
  include_vuln_type: words(['confirmed', 'potential']),
  show_igs: flag,
  show_results: flag,
  show_reopened_info: flag,
  show_qds: flag,
  show_qds_factors: flag,
  qds_min: whole,
  qds_max: whole,
  include_ignored: flag,
  include_disabled: flag,
  arf_kernel_filter: level,
  arf_service_filter: level,
  arf_config_filter: level,
  active_kernels_only: words(['0']),
};

/** Parameters of the KnowledgeBase. */
export const KNOWLEDGE_BASE_PARAMETERS: Readonly<Record<string, ParameterRule>> = {
  action: words(['list']),
  echo_request: flag,
  details: words(['Basic', 'All', 'None']),
  ids: idList,
  id_min: id,
  id_max: id,
  last_modified_after: date,
  last_modified_before: date,
  show_disabled_flag: flag,
  show_pci_reasons: flag,
  show_supported_modules_info: flag,
  show_qid_change_log: words(['0']),
  published_after: 'unsupported',
  published_before: 'unsupported',
  is_patchable: 'unsupported',
};

/**
 * Checks all parameters of a call as the vendor does: unknown ones first, then missing, then wrong ones.
 * @throws ParameterError with the vendor's code.
 */
export function checkParameters(
  parameters: ReadonlyMap<string, string>,
  rules: Readonly<Record<string, ParameterRule>>,
): void {
  const unknown = [...parameters.keys()].filter((name) => !Object.hasOwn(rules, name));
  if (unknown.length > 0) throw new ParameterError('1901', `Unrecognized parameter(s): ${unknown.join(', ')}`);
  if (!parameters.has('action')) throw new ParameterError('1903', 'Missing required parameter(s): action');
  for (const [name, value] of parameters) {
    const rule = rules[name];
    if (rule === 'unsupported') throw new ParameterError('1907', `${name} is not supported by the simulator`);
    const reason = value === '' ? 'empty' : rule?.(value);
    if (reason !== undefined) {
      throw new ParameterError('1905', `parameter ${name} has invalid value: ${value} (${reason})`);
    }
  }
}

/** The ranges of an id list such as `1,5-9`. */
export function parseIdList(list: string): IdRange[] {
  return list.split(',').map((part) => {
    const [first = '0', last = first] = part.split('-');
    return { first: BigInt(first), last: BigInt(last) };
  });
}

/** The severities of a list such as `1,3-5`. */
export function parseSeverities(list: string): Set<number> {
  return new Set(
    list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number);
      return Array.from({ length: Math.max(0, last - first + 1) }, (_, turn) => first + turn);
    }),
  );
}

/** The instant of a date parameter, milliseconds since 1970; undefined when it is not given. */
export function dateParameter(parameters: ReadonlyMap<string, string>, name: string): number | undefined {
  const value = parameters.get(name);
  return value === undefined ? undefined : Date.parse(value);
}
