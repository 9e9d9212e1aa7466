/** What can be changed while the simulator runs (`configure`, `POST /_sim/options`). */
export interface LiveSettings {
  /** Account both APIs accept. Default `qualys-reader`. */
  username: string;
  /** Its password. Default `simulated-password`. */
  password: string;
  /** API client of the gateway. Default `simulated-client`. */
  clientId: string;
  /** Its secret. Default `simulated-client-secret`. */
  clientSecret: string;
  /** Whether it is a client of a user (`/auth/oidc`) or of the subscription (`/auth/oauth`); the other address refuses it. */
  clientKind: 'oidc' | 'oauth';
  /** Which APIs take the tokens of API clients: for EDR nobody has shown that it does. */
  clientApis: 'both' | 'vm' | 'edr';
  /** Life of a token of `/auth`, in seconds. Default 14,400: four hours, as the vendor's. */
  tokenTtlSeconds: number;
  /** Time to the first byte of each data call, in milliseconds. Default 0. */
  latencyMs: number;
  /** Calls at once, for each API; 0 sets no limit. Default 2, a standard subscription. */
  concurrencyLimit: number;
  /** Calls in a rolling window, for each API; 0 sets no limit. Default 300. */
  rateLimit: number;
  /** That window, in seconds of the simulator's clock. Default 3,600. */
  rateWindowSeconds: number;
  /** Deepest result `/ioc/events` reaches by page number. Default 10,000. */
  maxResultWindow: number;
  /** Spelling of the header that carries the searchAfter cursor. Default `searchAfterValue`. */
  searchAfterHeader: string;
  /** Whether event details come as the object of the 2020 guide or as the array of today's help. */
  detailShape: 'object' | 'array';
  /** Finest difference of times a filter sees; with `second`, an upper bound of 10:00:00 still takes 10:00:00.999. */
  timeResolution: 'millisecond' | 'second';
  /** Whether `vm_processed_after` and `_before` take a host processed at that very second: the vendor does not say. */
  processedBounds: 'inclusive' | 'exclusive';
  /** Most entries that the KnowledgeBase answers with at once; 0, the default, sets no limit, as the vendor seems to. */
  knowledgeBaseLimit: number;
  /** A record is found by its time so many seconds after that, at the latest. Default 0. */
  indexLagSeconds: number;
  /** Whether all records are found so late, each after a share of that time of its own, or only those of one minute in ten. */
  indexLagPattern: 'constant' | 'spread' | 'bursts';
  /** Life of a searchAfter cursor, in seconds; 0, the default, sets no limit. */
  cursorTtlSeconds: number;
}

/** What is fixed at the start. */
export interface SimulatorOptions extends Partial<LiveSettings> {
  /** Port on 127.0.0.1; 0, the default, takes a free one. */
  readonly port?: number;
  /** The same seed, clock and sizes give the same data. Default 1. */
  readonly seed?: number;
  /** EDR events spread over the span. Default 1,000. */
  readonly eventCount?: number;
  /** EDR incidents spread over the span. Default 20. */
  readonly incidentCount?: number;
  /** Records of each feed that has no size of its own, spread over the span. Default 20. */
  readonly recordCount?: number;
  /** EDR events that arrive a minute of the simulator's clock after the start. Default 0. */
  readonly liveEventsPerMinute?: number;
  /** VM hosts. Default 50. */
  readonly hostCount?: number;
  /** Detections with a status, each host. Default 20. */
  readonly detectionsPerHost?: number;
  /** Detections of type Info, each host; served when asked for by `show_igs`. Default 2. */
  readonly infoDetectionsPerHost?: number;
  /** Hosts processed anew a minute of the simulator's clock after the start, in turn. Default 0. */
  readonly liveHostsPerMinute?: number;
  /** Data lies in the last so many hours before the start. Default 24. */
  readonly spanHours?: number;
  /** Id of the first host, as text: it may lie beyond 2^53. Default `107800000`. */
  readonly hostIdBase?: string;
  /** Each so many-th detection has a long RESULTS; 0 for none. Default 5,000. */
  readonly longResultsEvery?: number;
  /** Length of a long RESULTS in characters. Default 100,000. */
  readonly longResultsLength?: number;
  /** Each so many-th event is longer than a Log Analytics field; 0 for none. Default 5,000. */
  readonly longEventEvery?: number;
  /** The simulator's clock runs so far ahead of the machine's, in milliseconds. Default 0. */
  readonly clockOffsetMs?: number;
  /** End of the span the data lies in, milliseconds since 1970; default: the clock at the start. */
  readonly dataEnd?: number;
}

type FixedSettings = Required<Omit<SimulatorOptions, keyof LiveSettings | 'dataEnd'>>;

/** All options with their defaults filled in. */
export type SimulatorSettings = LiveSettings & FixedSettings & { readonly dataEnd?: number };

export const DEFAULT_SETTINGS: SimulatorSettings = {
  username: 'qualys-reader',
  password: 'simulated-password',
  clientId: 'simulated-client',
  clientSecret: 'simulated-client-secret',
  clientKind: 'oidc',
  clientApis: 'both',
  tokenTtlSeconds: 14_400,
  latencyMs: 0,
  concurrencyLimit: 2,
  rateLimit: 300,
  rateWindowSeconds: 3_600,
  maxResultWindow: 10_000,
  searchAfterHeader: 'searchAfterValue',
  detailShape: 'object',
  timeResolution: 'millisecond',
  processedBounds: 'inclusive',
  knowledgeBaseLimit: 0,
  indexLagSeconds: 0,
  indexLagPattern: 'constant',
  cursorTtlSeconds: 0,
  port: 0,
  seed: 1,
  eventCount: 1_000,
  incidentCount: 20,
  recordCount: 20,
  liveEventsPerMinute: 0,
  hostCount: 50,
  detectionsPerHost: 20,
  infoDetectionsPerHost: 2,
  liveHostsPerMinute: 0,
  spanHours: 24,
  hostIdBase: '107800000',
  longResultsEvery: 5_000,
  longResultsLength: 100_000,
  longEventEvery: 5_000,
  clockOffsetMs: 0,
};

const LIVE_NAMES: readonly (keyof LiveSettings)[] = [
  'username',
  'password',
  'clientId',
  'clientSecret',
  'clientKind',
  'clientApis',
  'tokenTtlSeconds',
  'latencyMs',
  'concurrencyLimit',
  'rateLimit',
  'rateWindowSeconds',
  'maxResultWindow',
  'searchAfterHeader',
  'detailShape',
  'timeResolution',
  'processedBounds',
  'knowledgeBaseLimit',
  'indexLagSeconds',
  'indexLagPattern',
  'cursorTtlSeconds',
];

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  clientKind: ['oidc', 'oauth'],
  clientApis: ['both', 'vm', 'edr'],
  detailShape: ['object', 'array'],
  timeResolution: ['millisecond', 'second'],
  processedBounds: ['inclusive', 'exclusive'],
  indexLagPattern: ['constant', 'spread', 'bursts'],
};

/** Options may be below zero only where a direction has a meaning. */
const SIGNED = new Set(['clockOffsetMs', 'seed']);
const FRACTIONAL = new Set(['spanHours', 'liveEventsPerMinute', 'liveHostsPerMinute', 'latencyMs']);

function checkNumber(name: string, value: unknown): void {
  const rule = `${SIGNED.has(name) ? 'a' : 'a non-negative'} ${FRACTIONAL.has(name) ? 'number' : 'whole number'}`;
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  const isFit = isNumber && (SIGNED.has(name) || value >= 0) && (FRACTIONAL.has(name) || Number.isInteger(value));
  if (!isFit) throw new RangeError(`${name} must be ${rule}, not ${JSON.stringify(value)}`);
}

function checkText(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') {
    throw new RangeError(`${name} must be a text that is not empty, not ${JSON.stringify(value)}`);
  }
  const allowed = CHOICES[name];
  if (allowed !== undefined && !allowed.includes(value)) {
    throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not ${value}`);
  }
  if (name === 'hostIdBase' && !/^[1-9]\d*$/u.test(value)) {
    throw new RangeError(`hostIdBase must be a positive whole number, not ${value}`);
  }
}

function checkSetting(name: string, value: unknown): void {
  if (name !== 'dataEnd' && !Object.hasOwn(DEFAULT_SETTINGS, name)) {
    throw new RangeError(
      `${name} is no setting of the simulator; allowed are ${Object.keys(DEFAULT_SETTINGS).join(', ')}`,
    );
  }
  if (typeof DEFAULT_SETTINGS[name as keyof SimulatorSettings] === 'string') checkText(name, value);
  else checkNumber(name, value);
}

function definedEntries(options: object): [string, unknown][] {
  return Object.entries(options).filter(([, value]) => value !== undefined);
}

/**
 * Fills in the defaults.
 * @throws RangeError naming the option and what is allowed.
 */
export function parseOptions(options: SimulatorOptions): SimulatorSettings {
  const given = definedEntries(options);
  for (const [name, value] of given) checkSetting(name, value);
  return { ...DEFAULT_SETTINGS, ...Object.fromEntries(given) };
}

/**
 * Changes settings of a running simulator in place.
 * @throws RangeError naming the setting and what is allowed; then nothing is changed.
 */
export function applyLiveSettings(settings: SimulatorSettings, changes: object): void {
  const given = definedEntries(changes);
  for (const [name, value] of given) {
    if (!LIVE_NAMES.some((live) => live === name)) {
      throw new RangeError(`${name} cannot be changed while running; what can is ${LIVE_NAMES.join(', ')}`);
    }
    checkSetting(name, value);
  }
  Object.assign(settings, Object.fromEntries(given));
}
