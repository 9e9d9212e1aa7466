import type { Settings } from '../../config.ts';
import { ConfigError, FatalError } from '../../errors.ts';
import { isBalancedQql } from './is-balanced-qql.ts';

/** Event types that the vendor's peers document; others may exist. */
export const EVENT_TYPES = ['file', 'process', 'network', 'registry', 'mutex'] as const;

/** What narrows a window beside time: one event type, or none of the known ones. */
export type TypeSlice = (typeof EVENT_TYPES)[number] | (string & {}) | 'other';

/** Settings that shape the filter. */
export type FilterSettings = Pick<Settings, 'EDR_TIME_TOKEN' | 'EDR_FILTER' | 'EDR_EVENT_TYPES' | 'EDR_MIN_SCORE'>;

/** A window of whole seconds. */
export interface FilterWindow {
  /** ISO 8601 UTC. */
  readonly from: string;
  /** ISO 8601 UTC; QQL's brackets include it. */
  readonly to: string;
  /** Absent for all types of the settings. */
  readonly type?: TypeSlice;
}

/**
 * The QQL of a window, as the guide writes it: `<token> : ['<from>' .. '<to>']`, joined by AND with the conditions of the settings
 * and of the slice, each in parentheses.
 * @throws ConfigError when `EDR_FILTER` cannot be put into parentheses safely.
 */
export function windowFilter(settings: FilterSettings, window: FilterWindow): string {
  const conditions = [
    conditionOf('EDR_FILTER', settings.EDR_FILTER),
    anyOf(settings.EDR_EVENT_TYPES ?? []),
    scoreCondition(settings),
    sliceCondition(window),
  ];
  const joined = conditions.filter((condition) => condition !== '').map((condition) => ` AND (${condition})`);
  return `${timeRange(settings.EDR_TIME_TOKEN, window)}${joined.join('')}`;
}

/**
 * A filter that `windowFilter` has made, over another time and, where it was narrowed to a type, over all types again: what was asked once can
 * be asked again, whatever has become of the settings since.
 */
export function overTime(filter: string, { from, to, type }: FilterWindow): string {
  const token = filter.slice(0, filter.indexOf(' : ['));
  const further = filter.slice(filter.indexOf(']') + 1);
  const narrowed = type === undefined ? '' : ` AND (${sliceCondition({ type })})`;
  return (
    timeRange(token, { from, to }) +
    (further.endsWith(narrowed) ? further.slice(0, further.length - narrowed.length) : further)
  );
}

/** The condition that a time is within whole seconds, both included. @throws RangeError for times within a second. */
export function timeRange(token: string, { from, to }: Pick<FilterWindow, 'from' | 'to'>): string {
  return `${token} : ['${wholeSecond('from', from)}' .. '${wholeSecond('to', to)}']`;
}

/** The slices by type into which a window may be cut: together they hold each event once. */
export function typeSlices(settings: Pick<FilterSettings, 'EDR_EVENT_TYPES'>): TypeSlice[] {
  const chosen = settings.EDR_EVENT_TYPES;
  return chosen === undefined ? [...EVENT_TYPES, 'other'] : [...new Set(chosen)];
}

/** The default sort: ascending by the time of the windows. */
export function windowSort(settings: Pick<Settings, 'EDR_SORT' | 'EDR_TIME_TOKEN'>): string {
  return settings.EDR_SORT ?? JSON.stringify([{ [settings.EDR_TIME_TOKEN]: 'asc' }]);
}

/**
 * A value as a QQL literal that cannot end early, whether or not the vendor reads a backslash as an escape, which it does not document:
 * it stands in the kind of quotes that it does not hold, with each backslash doubled.
 * @throws FatalError for values with both kinds of quotes, a backtick or a control character.
 */
export function quoteValue(value: string): string {
  return quote(value, value.replaceAll('\\', '\\\\'));
}

/**
 * The same for a path, whose backslashes stand as they are: so a peer's recorded queries found files. They end no literal early, because
 * the quotes are of the kind that the path does not hold, and none stands at its end.
 * @throws FatalError as `quoteValue`.
 */
export function quotePath(path: string): string {
  return quote(path, path.replace(/\\+$/, ''));
}

function quote(value: string, literal: string): string {
  const hasBoth = value.includes("'") && value.includes('"');
  if (hasBoth || /[`\p{Cc}\p{Cs}\p{Zl}\p{Zp}]/u.test(value)) {
    throw new FatalError(
      `A value in a QQL filter must hold no control character, no backtick and only one kind of quotes, given ${JSON.stringify(value.slice(0, 100))}`,
    );
  }
  const mark = value.includes("'") ? '"' : "'";
  return `${mark}${literal}${mark}`;
}

/** A time as QQL takes it. @throws RangeError for a time within a second. */
export function wholeSecond(name: string, time: string): string {
  const at = Date.parse(time);
  if (Number.isNaN(at) || at % 1000 !== 0) {
    throw new RangeError(`${name} must be an ISO 8601 time on a whole second, given ${JSON.stringify(time)}`);
  }
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** The condition that a setting holds; empty for none. @throws ConfigError when it cannot be put into parentheses safely. */
export function conditionOf(setting: string, given = ''): string {
  const filter = given.trim();
  if (!isBalancedQql(filter)) {
    throw new ConfigError(`${setting} must be QQL with closed quotes and balanced parentheses and brackets`);
  }
  return filter;
}

/** No condition below 1: `>= 0` would leave out the events without a score. */
function scoreCondition({ EDR_MIN_SCORE }: FilterSettings): string {
  return EDR_MIN_SCORE >= 1 ? `indicator.score >=${EDR_MIN_SCORE}` : '';
}

function sliceCondition({ type }: Pick<FilterWindow, 'type'>): string {
  if (type === undefined) return '';
  return type === 'other' ? `NOT (${anyOf(EVENT_TYPES)})` : anyOf([type]);
}

function anyOf(types: readonly string[]): string {
  return types.map((type) => `type:${quoteValue(type)}`).join(' OR ');
}
