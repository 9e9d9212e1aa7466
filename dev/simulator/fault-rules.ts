import { fraction } from './random.ts';

/** Which calls a fault hits. Without any of these it hits the next call. */
export interface FaultTarget {
  /** Name in the statistics. Default: the kind and the fault's place in the list. */
  readonly id?: string;
  /** Regular expression for the line `METHOD /path?name=value&…`, with query and form parameters decoded. Default: any. */
  readonly route?: string;
  /** Hits answers that would hold this host only (VM detections). */
  readonly host?: string;
  /** First matching call that is hit, from 1. Default 1. */
  readonly nth?: number;
  /** How many calls are hit. Default 1, and `always` where a probability is given. */
  readonly count?: number | 'always';
  /** Chance of each matching call to be hit, 0 to 1, drawn from the seed. Default 1. */
  readonly probability?: number;
}

/** How often a fault has been tried and has struck. */
export interface FaultReport {
  readonly id: string;
  /** Calls that matched its target. */
  readonly matched: number;
  /** Calls that were hit. */
  readonly hits: number;
}

/** The faults in force. */
export interface FaultBook<Fault> {
  /** Replaces all faults and starts counting anew. */
  readonly set: (faults: readonly Fault[]) => void;
  /** Counts the call for each fault without a `host` and returns those that hit it. */
  readonly take: (line: string) => Fault[];
  /** The same for the faults with a `host`, once the hosts of the answer are known. */
  readonly takeForHosts: (line: string, hasHost: (id: string) => boolean) => Fault[];
  readonly report: () => FaultReport[];
}

interface Rule<Fault> {
  readonly fault: Fault;
  readonly id: string;
  readonly pattern: RegExp;
  matched: number;
  hits: number;
}

function hasMoreHits(fault: FaultTarget, hits: number): boolean {
  const count = fault.count ?? (fault.probability === undefined ? 1 : 'always');
  return count === 'always' || hits < count;
}

/** Keeps faults and decides which calls they hit, the same way for the same seed and order of calls. */
export function createFaultBook<Fault extends FaultTarget & { readonly kind: string }>(seed: number): FaultBook<Fault> {
  let rules: Rule<Fault>[] = [];
  const strikes = (rule: Rule<Fault>, place: number): boolean => {
    rule.matched += 1;
    const { nth = 1, probability = 1 } = rule.fault;
    if (rule.matched < nth || !hasMoreHits(rule.fault, rule.hits)) return false;
    if (fraction(seed, rule.matched, place) >= probability) return false;
    rule.hits += 1;
    return true;
  };
  const takeWhere = (line: string, concerns: (fault: Fault) => boolean): Fault[] =>
    rules
      .filter((rule, place) => concerns(rule.fault) && rule.pattern.test(line) && strikes(rule, place))
      .map((rule) => rule.fault);
  return {
    set: (faults) => {
      rules = faults.map((fault, place) => ({
        fault,
        id: fault.id ?? `${fault.kind}-${place + 1}`,
        pattern: new RegExp(fault.route ?? '', 'u'),
        matched: 0,
        hits: 0,
      }));
    },
    take: (line) => takeWhere(line, (fault) => fault.host === undefined),
    takeForHosts: (line, hasHost) => takeWhere(line, ({ host }) => host !== undefined && hasHost(host)),
    report: () => rules.map(({ id, matched, hits }) => ({ id, matched, hits })),
  };
}

function isCountFit(value: unknown): boolean {
  return value === 'always' || (typeof value === 'number' && Number.isInteger(value) && value >= 1);
}

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  try {
    new RegExp(value, 'u');
    return true;
  } catch {
    return false;
  }
}

const TARGET_CHECKS: Readonly<Record<string, { readonly rule: string; readonly isFit: (value: unknown) => boolean }>> =
  {
    id: { rule: 'a text', isFit: (value) => typeof value === 'string' },
    route: { rule: 'a regular expression', isFit: isPattern },
    host: { rule: 'a host id as text', isFit: (value) => typeof value === 'string' },
    nth: { rule: 'a whole number from 1', isFit: (value) => isCountFit(value) && value !== 'always' },
    count: { rule: 'a whole number from 1, or "always"', isFit: isCountFit },
    probability: {
      rule: 'a number from 0 to 1',
      isFit: (value) => typeof value === 'number' && value >= 0 && value <= 1,
    },
  };

/** Names of the parameters that a kind of fault takes beside those of the target; `!` marks one it needs. */
export type FaultParameters = Readonly<Record<string, readonly string[]>>;

/**
 * Checks a list of faults from outside: kinds, names and the values of the target.
 * @throws RangeError naming the fault and what is allowed.
 */
export function checkFaults(faults: unknown, parameters: FaultParameters): void {
  if (!Array.isArray(faults)) throw new RangeError('faults must be a list');
  for (const [place, fault] of (faults as unknown[]).entries()) {
    if (typeof fault !== 'object' || fault === null) throw new RangeError(`fault ${place + 1} must be an object`);
    checkFault(place + 1, fault as Record<string, unknown>, parameters);
  }
}

function checkFault(number: number, fault: Record<string, unknown>, parameters: FaultParameters): void {
  const kind = String(fault.kind);
  if (!Object.hasOwn(parameters, kind)) {
    throw new RangeError(`fault ${number}: kind must be one of ${Object.keys(parameters).join(', ')}`);
  }
  const known = parameters[kind] ?? [];
  const names = ['kind', ...Object.keys(TARGET_CHECKS), ...known.map((name) => name.replace('!', ''))];
  const place = `fault ${number} (${kind})`;
  const missing = known.find((name) => name.endsWith('!') && !Object.hasOwn(fault, name.slice(0, -1)));
  if (missing !== undefined) throw new RangeError(`${place} needs ${missing.slice(0, -1)}`);
  for (const [name, value] of Object.entries(fault)) {
    if (!names.includes(name)) {
      throw new RangeError(`${place}: unknown parameter ${name}; allowed are ${names.join(', ')}`);
    }
    const check = Object.hasOwn(TARGET_CHECKS, name) ? TARGET_CHECKS[name] : undefined;
    if (check !== undefined && value !== undefined && !check.isFit(value)) {
      throw new RangeError(`${place}: ${name} must be ${check.rule}`);
    }
  }
}
