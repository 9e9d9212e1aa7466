/** What a value of a fault must be. */
interface ValueCheck {
  readonly rule: string;
  readonly isFit: (value: unknown) => boolean;
}

/** Names of the parameters that a kind of fault takes beside those of the target; `!` marks one it needs, `?` one of several of which it needs one. */
export type FaultParameters = Readonly<Record<string, readonly string[]>>;

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return isNumber(value) && Number.isInteger(value) && value >= 1;
}

/** Whether a value from outside is a regular expression. */
export function isPattern(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  try {
    new RegExp(value, 'u');
    return true;
  } catch {
    return false;
  }
}

const WHOLE: ValueCheck = { rule: 'a whole number from 1', isFit: isCount };
const TIME: ValueCheck = {
  rule: 'an ISO 8601 time',
  isFit: (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
};

function oneOf(...allowed: readonly string[]): ValueCheck {
  return { rule: `one of ${allowed.join(', ')}`, isFit: (value) => allowed.some((each) => each === value) };
}

const TARGET_CHECKS: Readonly<Record<string, ValueCheck>> = {
  id: { rule: 'a text', isFit: (value) => typeof value === 'string' },
  route: { rule: 'a regular expression', isFit: isPattern },
  host: { rule: 'a host id as text', isFit: (value) => typeof value === 'string' },
  from: TIME,
  to: TIME,
  nth: WHOLE,
  every: WHOLE,
  count: { rule: 'a whole number from 1, or "always"', isFit: (value) => value === 'always' || isCount(value) },
  probability: { rule: 'a number from 0 to 1', isFit: (value) => isNumber(value) && value >= 0 && value <= 1 },
};

/** Parameters that mean the same in all kinds that have them. */
const PARAMETER_CHECKS: Readonly<Record<string, ValueCheck>> = {
  records: WHOLE,
  hosts: WHOLE,
  each: WHOLE,
  pages: WHOLE,
  delta: { rule: 'a whole number', isFit: Number.isInteger },
  factor: { rule: 'a number from 0', isFit: (value) => isNumber(value) && value >= 0 },
  shiftSeconds: { rule: 'a number', isFit: isNumber },
  starts: oneOf('capped', 'asked'),
  onto: oneOf('last', 'first'),
  content: oneOf('same', 'other'),
  zone: oneOf('kept', 'none'),
  cursors: oneOf('same', 'fresh'),
};

/**
 * Checks a list of faults from outside: kinds, names and values.
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
  const place = `fault ${number} (${kind})`;
  const known = parameters[kind] ?? [];
  const names = ['kind', ...Object.keys(TARGET_CHECKS), ...known.map((name) => name.replace(/[!?]$/u, ''))];
  checkNeeded(place, fault, known);
  for (const [name, value] of Object.entries(fault)) {
    if (!names.includes(name)) {
      throw new RangeError(`${place}: unknown parameter ${name}; allowed are ${names.join(', ')}`);
    }
    const check = checkOf(name);
    if (check !== undefined && value !== undefined && !check.isFit(value)) {
      throw new RangeError(`${place}: ${name} must be ${check.rule}, not ${JSON.stringify(value)}`);
    }
  }
}

function checkNeeded(place: string, fault: Record<string, unknown>, known: readonly string[]): void {
  const isGiven = (name: string): boolean => fault[name.slice(0, -1)] !== undefined;
  const missing = known.find((name) => name.endsWith('!') && !isGiven(name));
  if (missing !== undefined) throw new RangeError(`${place} needs ${missing.slice(0, -1)}`);
  const choices = known.filter((name) => name.endsWith('?'));
  if (choices.length > 0 && !choices.some(isGiven)) {
    throw new RangeError(`${place} needs ${choices.map((name) => name.slice(0, -1)).join(' or ')}`);
  }
}

function checkOf(name: string): ValueCheck | undefined {
  return [TARGET_CHECKS, PARAMETER_CHECKS].find((checks) => Object.hasOwn(checks, name))?.[name];
}
