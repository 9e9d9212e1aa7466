/**
 * What `STREAM_OPTIONS` says of streams: plan and retention of their tables, and a filter of their rows in the transformation of the data
 * collection rule. Checked here, because Azure tells of a wrong filter late, and of rows that it drops nothing but their number.
 *
 * Sources: azure-monitor-docs, articles/azure-monitor/data-collection/data-collection-transformations-kql.md (what a transformation may
 * hold, 20 Jan 2026) and logs/data-retention-configure.md.
 */
import { readDays, type WantedTable } from './tables.ts';

/** What may be said of a stream. */
export interface StreamOption {
  readonly plan?: 'analytics' | 'basic';
  /** Condition in KQL of the rows that are kept. */
  readonly filter?: string;
  readonly retentionDays?: number;
  readonly totalRetentionDays?: number;
}

const PLANS = ['analytics', 'basic'] as const;
const NAMES = ['plan', 'filter', 'retentionDays', 'totalRetentionDays'];
/** Interactive retention of a Basic table is Azure's own, 30 days. */
const NOT_OF_BASIC = 'retentionDays';

const OPERATORS =
  'and or in contains contains_cs has has_cs startswith startswith_cs endswith endswith_cs matches regex';
const FUNCTIONS =
  'true false datetime timespan int long real ' +
  'binary_and binary_or binary_not binary_shift_left binary_shift_right binary_xor tobool todatetime todouble toreal toguid toint tolong tostring ' +
  'totimespan ago datetime_add datetime_diff datetime_part dayofmonth dayofweek dayofyear endofday endofmonth endofweek endofyear getmonth getyear ' +
  'hourofday make_datetime make_timespan now startofday startofmonth startofweek startofyear weekofyear array_concat array_length pack_array pack ' +
  'parse_json parse_xml zip abs bin floor ceiling exp exp10 exp2 isfinite isinf isnan log log10 log2 pow round sign case iif max_of min_of ' +
  'base64_encodestring base64_decodestring countof extract extract_all indexof isempty isnotempty split strcat strcat_delim strlen substring ' +
  'tolower toupper hash_sha256 gettype isnotnull isnull';
const KNOWN: ReadonlySet<string> = new Set(`${OPERATORS} ${FUNCTIONS}`.split(' '));
const COMPARISON = /^(?:[=!<>]=|[=!]~|[<>])$/;
const ARITHMETIC = /^[+\-*/%]$/;
const isOperator = (token: string): boolean =>
  [COMPARISON, ARITHMETIC, /^![a-z_]+$/].some((form) => form.test(token)) || OPERATORS.split(' ').includes(token);
/** A text, a number with or without a unit, a name or a path into a dynamic column, an operator or bracket. */
const TOKEN =
  /@?'(?:[^'\\\n]|\\.)*'|@?"(?:[^"\\\n]|\\.)*"|\d+(?:\.\d+)?(?:d|h|m|s|ms)?\b|\.?[A-Za-z_]\w*|[=!<>]=|[=!]~|![a-z_]+|[<>()[\],+\-*/%]|\s+/y;
const LONGEST_FILTER = 4000;

/**
 * Reads the options by the names of streams.
 * @throws Error that names the stream and the member at fault, and what is allowed.
 */
export function readStreamOptions(
  text: string | undefined,
  tables: readonly WantedTable[],
): Readonly<Record<string, StreamOption>> {
  if (text === undefined || text.trim() === '') return {};
  const options = parse(text);
  const streams = tables.map(({ stream }) => stream);
  for (const [stream, option] of Object.entries(options)) {
    const table = tables.find((each) => each.stream === stream);
    if (table === undefined) throw wrong(`${stream} is no stream`, streams);
    if (typeof option !== 'object' || option === null) throw wrong(`${stream} is no object of options`, NAMES);
    check(stream, option as Readonly<Record<string, unknown>>, table);
  }
  return options as Readonly<Record<string, StreamOption>>;
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const options = JSON.parse(text) as unknown;
    if (typeof options === 'object' && options !== null && !Array.isArray(options))
      return options as Readonly<Record<string, unknown>>;
  } catch {
    // Said below.
  }
  throw new Error('STREAM_OPTIONS is no JSON object, e.g. {"edr-events":{"filter":"Score >= 4"}}');
}

function check(stream: string, option: Readonly<Record<string, unknown>>, table: WantedTable): void {
  for (const name of Object.keys(option))
    if (!NAMES.includes(name)) throw wrong(`${stream}.${name} is no option`, NAMES);
  const { filter, plan, retentionDays, totalRetentionDays } = option;
  if (plan !== undefined && !PLANS.some((each) => each === plan)) throw wrong(`${stream}.plan is ${show(plan)}`, PLANS);
  if (plan === 'basic' && retentionDays !== undefined)
    throw new Error(
      `STREAM_OPTIONS: ${stream}.${NOT_OF_BASIC} does not go with the plan basic, whose interactive retention is 30 days`,
    );
  const daysOf = (name: string, days: unknown): void => {
    if (days !== undefined) readDays(`STREAM_OPTIONS: ${stream}.${name}`, show(days), name.startsWith('total'));
  };
  daysOf('retentionDays', retentionDays);
  daysOf('totalRetentionDays', totalRetentionDays);
  if (filter === undefined) return;
  if (table.isSnapshot)
    throw new Error(`STREAM_OPTIONS: ${stream} takes no filter, because a host that a snapshot lacks counts as gone`);
  if (typeof filter !== 'string') throw new Error(`STREAM_OPTIONS: ${stream}.filter is no text`);
  const fault = faultOf(filter, table);
  if (fault !== undefined) throw new Error(`STREAM_OPTIONS: ${stream}.filter ${fault}`);
}

/** Why a transformation does not take a condition; undefined where nothing is known against it. */
export function faultOf(filter: string, { columns, name: table }: WantedTable): string | undefined {
  if (filter.trim() === '') return 'is empty';
  if (filter.length > LONGEST_FILTER) return `has more than ${LONGEST_FILTER} characters`;
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < filter.length) {
    const at = TOKEN.lastIndex;
    const [token = ''] = TOKEN.exec(filter) ?? [];
    if (token === '')
      return `may hold one condition only, not ${show(filter.slice(at, at + 10))} at character ${at + 1}`;
    if (token === '/' && filter[at - 1] === '/') return 'may hold no comment';
    const name = /^!?([A-Za-z_]\w*)$/.exec(token)?.[1];
    if (name !== undefined && !columns.some((column) => column.name === name) && !KNOWN.has(name))
      return `names ${name}, which is neither a column of ${table} nor known to transformations`;
    if (token.trim() !== '') tokens.push(token);
  }
  return faultOfTokens(tokens, columns);
}

/** What a condition lacks, or what it compares that cannot be. */
function faultOfTokens(tokens: readonly string[], columns: WantedTable['columns']): string | undefined {
  const typeOf = (token: string | undefined): string | undefined => columns.find(({ name }) => name === token)?.type;
  const open: string[] = [];
  /** Whether a value has to come: at first, and behind an operator, a comma or an opening bracket. */
  let isValueDue = true;
  for (const [at, token] of tokens.entries()) {
    const last = tokens[at - 1] ?? '';
    // A path goes on from a column or another step of it.
    if (token.startsWith('.')) {
      if (!/[\w\])]$/.test(last)) return `has a path without a column: ${token}`;
    } else if (token === '(' || token === '[') {
      open.push(token);
      isValueDue = true;
    } else if (token === ')' || token === ']') {
      if (open.pop() !== (token === ')' ? '(' : '[')) return 'has a bracket too many';
      if (isValueDue && last !== '(') return `has nothing behind ${last}`;
      isValueDue = false;
    } else if (token === ',' || isOperator(token)) {
      const isWhole = !isValueDue || '+-'.includes(token) || (token === 'regex' && last === 'matches');
      if (!isWhole) return `has nothing before ${token}`;
      isValueDue = true;
    } else {
      if (!isValueDue) return `has no operator before ${token}`;
      // A column or value that is reckoned with becomes another type: a difference of times is a span of time.
      const isReckoned = [tokens[at - 3], tokens[at + 1]].some((beside = '') => ARITHMETIC.test(beside));
      const type = COMPARISON.test(last) && !isReckoned ? typeOf(tokens[at - 2]) : undefined;
      if (type !== undefined && !mayCompare(type, token))
        return `compares ${tokens[at - 2]}, of type ${type}, with ${token}`;
      isValueDue = false;
    }
  }
  if (open.length > 0) return 'has a bracket that is not closed';
  return isValueDue ? `has nothing behind ${tokens.at(-1)}` : undefined;
}

/** Whether a column may be compared with a value; what is neither text nor number passes. */
function mayCompare(type: string, value: string): boolean {
  if (type === 'dynamic' || type === 'boolean') return true;
  if (/^@?['"]/.test(value)) return type === 'string';
  return !/^\d+(?:\.\d+)?$/.test(value) || ['int', 'long', 'real'].includes(type);
}

function wrong(fault: string, allowed: readonly string[]): Error {
  return new Error(`STREAM_OPTIONS: ${fault}; allowed are ${allowed.join(', ')}`);
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
