import { fraction } from './random.ts';

/** Which calls a fault hits. Without any of these it hits the next call. */
export interface FaultTarget {
  /** Name in the statistics. Default: the kind and the fault's place in the list. */
  readonly id?: string;
  /** Regular expression for the line `METHOD /path?name=value&…`, with query and form parameters decoded. Default: any. */
  readonly route?: string;
  /** Hits answers that would hold this host only (VM detections). */
  readonly host?: string;
  /** Only calls at or after this time of the simulator's clock match, ISO 8601. Default: all. */
  readonly from?: string;
  /** Only calls before this time match: together they are an outage from one time to another. Default: all. */
  readonly to?: string;
  /** First matching call that is hit, from 1. Default 1, or that of `every`. */
  readonly nth?: number;
  /** Of the matching calls from `nth` on, each so many-th is hit. Default 1: all of them. */
  readonly every?: number;
  /** How many calls are hit. Default 1, and `always` where a probability, `every`, `from` or `to` is given. */
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

function hasMoreHits({ count, every, from, probability, to }: FaultTarget, hits: number): boolean {
  const isRule = [every, from, probability, to].some((limit) => limit !== undefined);
  const most = count ?? (isRule ? 'always' : 1);
  return most === 'always' || hits < most;
}

/** Whether a call of this number, from 1, is one of those that `nth` and `every` name. */
function isTurn({ every = 1, nth = every }: FaultTarget, matched: number): boolean {
  return matched >= nth && (matched - nth) % every === 0;
}

/**
 * Keeps faults and decides which calls they hit, the same way for the same seed, times and order of calls.
 * @param now the simulator's clock, milliseconds since 1970.
 */
export function createFaultBook<Fault extends FaultTarget & { readonly kind: string }>(
  seed: number,
  now: () => number,
): FaultBook<Fault> {
  let rules: Rule<Fault>[] = [];
  const isDue = ({ from, to }: FaultTarget): boolean =>
    (from === undefined || now() >= Date.parse(from)) && (to === undefined || now() < Date.parse(to));
  const strikes = (rule: Rule<Fault>, place: number): boolean => {
    rule.matched += 1;
    if (!isTurn(rule.fault, rule.matched) || !hasMoreHits(rule.fault, rule.hits)) return false;
    if (fraction(seed, rule.matched, place) >= (rule.fault.probability ?? 1)) return false;
    rule.hits += 1;
    return true;
  };
  const takeWhere = (line: string, concerns: (fault: Fault) => boolean): Fault[] =>
    rules
      .filter(
        (rule, place) => concerns(rule.fault) && isDue(rule.fault) && rule.pattern.test(line) && strikes(rule, place),
      )
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
