import type { Settings } from '../../config.ts';
import type { IdBounds } from './id-ranges.ts';

/** Settings of the VM API. */
export type VmSettings = Pick<
  Settings,
  | 'QUALYS_API_URL'
  | 'VM_API_VERSION'
  | 'VM_TRUNCATION_LIMIT'
  | 'VM_STATUS'
  | 'VM_SEVERITIES'
  | 'VM_RESULTS'
  | 'VM_SHOW_RESULTS'
  | 'VM_SHOW_QDS'
  | 'VM_SHOW_TAGS'
  | 'VM_SHOW_IGS'
  | 'VM_PARAMS'
>;

type Values = Readonly<Record<string, string | undefined>>;

/** A window, ISO 8601 UTC; absent for records of any time. */
interface TimeBounds {
  readonly from?: string;
  readonly to?: string;
}

/** Parameters that bound a time. */
type BoundNames = readonly [after: string, before: string];

/** Which hosts a VM call selects, and by which ids: the edges of a slice, or the cursor of the next page. */
export interface HostSelection extends IdBounds, TimeBounds {
  /** Exactly these hosts, as the vendor writes ids and ranges of ids: `1,5-9`. */
  readonly ids?: string;
  /** Frozen `detectionFilters`, instead of those of the settings. */
  readonly filters?: string;
  /** Hosts a page, instead of `VM_TRUNCATION_LIMIT`. */
  readonly truncationLimit?: number;
}

/** The most that the host list accepts; one call for all but the largest tenants, where the WARNING pages on. */
export const LIST_TRUNCATION_LIMIT = 1_000_000;

/** Parameters of the detection call. Never one without a value: the vendor answers that with HTTP 400. */
export function detectionParameters(settings: VmSettings, hosts: HostSelection): URLSearchParams {
  return parameters({
    ...valuesOf(hosts.filters ?? detectionFilters(settings)),
    action: 'list',
    truncation_limit: String(hosts.truncationLimit ?? settings.VM_TRUNCATION_LIMIT),
    ...selection(hosts),
  });
}

/** What the settings choose of the detections, as a query string: the same for all pages of a window. */
export function detectionFilters(settings: VmSettings): string {
  const filters = parameters({
    status: settings.VM_STATUS.join(','),
    severities: settings.VM_SEVERITIES,
    show_results: flag(settings.VM_SHOW_RESULTS && settings.VM_RESULTS > 0),
    show_qds: flag(settings.VM_SHOW_QDS),
    show_tags: flag(settings.VM_SHOW_TAGS),
    show_igs: flag(settings.VM_SHOW_IGS),
    ...valuesOf(settings.VM_PARAMS),
  });
  return filters.toString();
}

const ALL_STATES = ['New', 'Active', 'Fixed', 'Re-Opened'];

/** The same for a look at the hosts with some QIDs, of any severity and open or fixed, without what makes answers long. */
export function lookUpFilters(settings: VmSettings, qids: readonly string[]): string {
  const wide = { ...settings, VM_STATUS: ALL_STATES, VM_SEVERITIES: undefined };
  return parameters({
    ...valuesOf(detectionFilters(wide)),
    show_results: '0',
    show_qds: '1',
    show_tags: '0',
    show_igs: '0',
    qids: qids.join(','),
  }).toString();
}

/** Settings by which detections are left out. */
export function narrowingSettings(settings: VmSettings): string[] {
  const selects = [...new URLSearchParams(settings.VM_PARAMS).keys()].some((name) => !PRESENTATION.test(name));
  return [
    ...(ALL_STATES.every((state) => settings.VM_STATUS.includes(state)) ? [] : ['VM_STATUS']),
    ...(settings.VM_SEVERITIES === undefined ? [] : ['VM_SEVERITIES']),
    ...(selects ? ['VM_PARAMS'] : []),
  ];
}

/** What of `VM_PARAMS` selects hosts: both APIs take these, so that the list holds the hosts that the detections come from. */
const HOST_FILTER =
  /^(ips|ipv6|ag_ids|ag_titles|network_ids|network_name|os_pattern|use_tags|tag_set_by|tag_(include|exclude)_selector|tag_set_(include|exclude)|no_vm_scan_since|vm_scan_since|vm_scan_date_(after|before)|vm_auth_scan_date_(after|before)|max_days_since_last_vm_scan)$/;

/** What a list that goes by ids is asked for. */
export interface ListSelection extends IdBounds {
  /** Further parameters, as a query string: which records, and how much of each. */
  readonly query: string;
}

/** Parameters of a page of a list. `limit` is for lists that know `truncation_limit`. */
export function listPageParameters({ query, idMin, idMax }: ListSelection, limit?: number): URLSearchParams {
  return parameters({
    ...valuesOf(query),
    action: 'list',
    truncation_limit: limit?.toString(),
    id_min: idMin?.toString(),
    id_max: idMax?.toString(),
  });
}

/** What says how much of a record is shown, not which records. */
const PRESENTATION = /^(details|show_\w+|host_metadata(_fields)?|cloud_tag_fields)$/;

/** Parameters of the ids of the same list. */
export function idListParameters(selection: ListSelection, limit?: number): URLSearchParams {
  const shown = [...listPageParameters(selection, limit)].filter(([name]) => !PRESENTATION.test(name));
  return new URLSearchParams([...shown, ['details', 'None']]);
}

/** A query over a window by the time that two parameters bound. */
export function queryWithin(query: string, names: BoundNames, window: TimeBounds): string {
  return parameters({ ...valuesOf(query), ...widened(names, window) }).toString();
}

/** Parameters of the host-id list. */
export function hostListParameters(settings: VmSettings, hosts: HostSelection): URLSearchParams {
  const further = [...new URLSearchParams(settings.VM_PARAMS)];
  return parameters({
    ...Object.fromEntries(further.filter(([name]) => HOST_FILTER.test(name))),
    action: 'list',
    details: 'None',
    truncation_limit: String(hosts.truncationLimit ?? LIST_TRUNCATION_LIMIT),
    ...selection(hosts),
  });
}

function selection({ ids, idMin, idMax, ...window }: HostSelection): Values {
  return {
    ...widened(['vm_processed_after', 'vm_processed_before'], window),
    ids,
    id_min: idMin?.toString(),
    id_max: idMax?.toString(),
  };
}

/**
 * The window is asked one second wider on both sides, because the vendor does not say whether its bounds are inclusive:
 * so nothing at an edge is lost; what comes twice has the same `RowKey`.
 */
function widened([after, before]: BoundNames, { from, to }: TimeBounds): Values {
  return {
    [after]: from === undefined ? undefined : shifted('from', from, -1),
    [before]: to === undefined ? undefined : shifted('to', to, 1),
  };
}

function shifted(name: string, time: string, seconds: number): string {
  const at = Date.parse(time);
  if (Number.isNaN(at)) throw new RangeError(`${name} must be an ISO 8601 time, given ${JSON.stringify(time)}`);
  return `${new Date(at + seconds * 1000).toISOString().slice(0, 19)}Z`;
}

function flag(isOn: boolean): string {
  return isOn ? '1' : '0';
}

/** The parameters of a query string by name. */
function valuesOf(query: string): Values {
  return Object.fromEntries(new URLSearchParams(query));
}

function parameters(values: Values): URLSearchParams {
  const given = Object.entries(values).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
  );
  return new URLSearchParams(given);
}
