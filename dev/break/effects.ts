import type { Connector } from '../../cli/connector.ts';
import { listWindows } from '../../cli/commands/windows.ts';
import { readStatus } from '../../cli/read-status.ts';

/** Looks once whether the app shows what was broken, or that all is well again. @returns what it says; undefined: not yet. */
type Look = (connector: Connector) => Promise<string | undefined>;

/** What a word of `npm run break` does to the app. */
export interface Effect {
  /** What is waited for, in words. */
  readonly awaited: string;
  /** Longest wait, in milliseconds. */
  readonly boundMs: number;
  readonly look: Look;
}

const BOUND_MS = 60_000;
/** A spent budget is waited for two minutes, a probe comes after one at the latest. */
const HEAL_BOUND_MS = 180_000;
/** What the app does not leave by itself, with the command that ends it. */
const FOR_A_PERSON: Readonly<Record<string, string>> = {
  'account-refused': 'npm run -s qualys -- try-now',
  'dead-letters': 'npm run -s qualys -- dead-letters replay',
  // Of a count that lied: a smaller one is believed ten minutes after it came first.
  late: 'npm run -s qualys -- retry --stream edr-events --all',
};
/** What ends by itself, and is waited for whatever else there is. */
const PASSING = ['route-out', 'vendor-pause'];
const COUNTED = 'Qualys counts';
/** A closed window keeps what it last told. */
const ENDED: readonly string[] = ['closed', 'incomplete', 'waived'];

/** The effects that come without a further command; `row` needs rows that are sent. */
export const EFFECTS: Readonly<Record<string, Effect>> = {
  password: shownBy('account-refused', 'EDR API'),
  outage: shownBy('route-out', 'HTTP 503'),
  page: shownBy('route-out', 'edr/events'),
  budget: shownBy('vendor-pause', 'EDR API'),
  count: { awaited: 'a window that counts otherwise', boundMs: BOUND_MS, look: findMiscounted },
  heal: { awaited: 'that nothing is left of it', boundMs: HEAL_BOUND_MS, look: lookHealed },
};

function shownBy(code: string, text: string): Effect {
  const look: Look = async (connector) => {
    const { problems } = await readStatus(connector);
    const found = problems.find((problem) => problem.code === code && problem.text.includes(text));
    return found === undefined ? undefined : `status: ${code}`;
  };
  return { awaited: `${code} in status`, boundMs: BOUND_MS, look };
}

async function findMiscounted(connector: Connector): Promise<string | undefined> {
  const windows = await listWindows(connector, 'edr-events', '1');
  const found = windows.find(({ state, error }) => !ENDED.includes(state) && error?.startsWith(COUNTED));
  return found === undefined ? undefined : `window ${found.key}: ${found.error ?? ''}`;
}

async function lookHealed(connector: Connector): Promise<string | undefined> {
  const { verdict, headline, problems } = await readStatus(connector);
  if (problems.some(({ code }) => PASSING.includes(code))) return undefined;
  const lasting = problems.find(({ code }) => Object.hasOwn(FOR_A_PERSON, code));
  if (lasting !== undefined) return `${lasting.code} is left, and waits for you: ${FOR_A_PERSON[lasting.code] ?? ''}`;
  return verdict === 'ok' ? `${headline} (ok)` : undefined;
}
