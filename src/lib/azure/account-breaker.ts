import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf, WaitError } from '../errors.ts';
import { ambientLog, redact } from '../log.ts';
import type { Account, LoginCaller, Login, LoginTurn } from '../pipeline/account.ts';
import type { AccountView } from '../pipeline/limit-view.ts';
import type { ApiName } from '../pipeline/stream.ts';
import type { AccountRow } from './account-row.ts';
import {
  acceptLogin,
  beginLogin,
  endLogin,
  findLatest,
  grantLogin,
  HOUR_MS,
  isGranted,
  LEASE_MS,
  loginsOf,
  MOST_PRESSES,
  recentPresses,
  refuseLogin,
  type AccountState,
  type BegunLogin,
} from './account-state.ts';
import { findStop, isTrying, judgeLogin } from './judge-login.ts';
import { createLoginGate } from './login-gate.ts';
import { accountErrorOf, viewAccount } from './view-account.ts';

/** The breaker of the account, and how it stands. */
export interface AccountBreaker extends Account {
  /** As this process knows the login; where others have used another one since, as that stands. */
  readonly view: (api: ApiName, login: Login | undefined) => Promise<AccountView | undefined>;
  /**
   * Lets one login of a secret out at once where it is kept away from an API.
   * @throws WaitError when people have asked for as many as an hour allows.
   */
  readonly grant: (api: ApiName, login: Login) => Promise<'granted' | 'not-needed'>;
}

/** What the breaker needs. */
export interface AccountBreakerOptions {
  readonly row: AccountRow;
  /** How many processes hold permits for calls of an API, about. */
  readonly holders: (api: ApiName) => number;
  /** How old the shared state may be when a login starts, in milliseconds. */
  readonly freshMs: number;
  /** How long a caller waits while another login is tried, in milliseconds. */
  readonly patienceMs: number;
  /** Called when an API accepts a login again after refusals, of this secret or of the one before. */
  readonly onRecovered?: (() => Promise<void>) | undefined;
}

/** Processes that call side by side, each with one call that nobody has let in yet: with a login as many as a vendor bears. */
const MOST_HOLDERS = 2;
/** A person cannot be told to come back. */
const PERSON_PATIENCE_MS = 15_000;
const POLL_MS = 150;
/** A login that is accepted is stored so often. */
const NOTED_MS = 60_000;

type Change = (state: AccountState) => AccountState;

/** Keeps in a row of the limits which secret was refused, and lets one login at a time try one that is not known to work. */
export function createAccountBreaker(options: AccountBreakerOptions): AccountBreaker {
  const { row, freshMs } = options;
  const gate = createLoginGate();
  const notes = createNotes(row);

  /** @returns undefined while another login is tried. @throws AccountError. */
  async function tryToEnter(api: ApiName, login: Login, isAlone: boolean): Promise<LoginTurn | undefined> {
    const { digest } = login;
    const judge = (state: AccountState) => judgeLogin(notes.over(state).secrets[digest], api, row.now());
    const verdict = judge(await row.read(freshMs));
    if (verdict.kind === 'stopped') {
      // Somebody may have asked for a try a moment ago.
      const state = await row.read(0);
      if (judge(state).kind === 'stopped') throw accountErrorOf(state.secrets[digest], api, login, row.now());
      return undefined;
    }
    if (verdict.kind === 'free' && !isAlone) {
      const leave = await gate.enter(1);
      if (judge(await row.read(freshMs)).kind === 'free') return turnOf({ digest, api }, login, leave);
      leave();
      return undefined;
    }
    const leaseId = randomUUID();
    const begun = await row.write((current) => {
      const now = row.now();
      const again = judge(current);
      if (again.kind === 'stopped' || again.kind === 'busy' || isTrying(current.secrets[digest], now)) return current;
      return beginLogin(current, digest, { id: leaseId, api, until: now + LEASE_MS }, now);
    });
    return begun.secrets[digest]?.lease?.id === leaseId ? turnOf({ digest, api, leaseId }, login) : undefined;
  }

  function turnOf(about: Omit<BegunLogin, 'startedAt'>, login: Login, leave: () => void = () => undefined): LoginTurn {
    const begun: BegunLogin = { ...about, startedAt: row.now() };
    const { digest, api } = about;
    return {
      accepted: async () => {
        leave();
        const now = row.now();
        if (!isNews(await row.read(Number.POSITIVE_INFINITY), begun, now)) return;
        const found = { isRecovered: false };
        await notes.add((state) => {
          const next = acceptLogin(state, begun, now);
          found.isRecovered ||= state.waiting[api] === true && next.waiting[api] === false;
          return next;
        });
        if (found.isRecovered) await options.onRecovered?.();
      },
      refused: async (refusal) => {
        const now = row.now();
        const error = redact(refusal.error);
        const state = await notes.add((current) => refuseLogin(current, begun, { ...refusal, error }, now));
        leave();
        const { refusals, nextTryAt = null } = viewAccount(state.secrets[digest], api) ?? {};
        ambientLog.warn('LoginRefused', { api, refusals, nextTryAt, error });
        return accountErrorOf(state.secrets[digest], api, login, now);
      },
      ended: async () => {
        leave();
        if (begun.leaseId !== undefined) await notes.add((state) => endLogin(state, begun, row.now()));
      },
    };
  }

  return {
    enter: async (api, login, { priority, signal }: LoginCaller) => {
      await notes.flush();
      const deadline = performance.now() + (priority === 'interactive' ? PERSON_PATIENCE_MS : options.patienceMs);
      for (;;) {
        signal?.throwIfAborted();
        // A token is asked for once in hours: that can go alone.
        const isAlone = api === 'edr' || options.holders(api) > MOST_HOLDERS;
        const turn = await tryToEnter(api, login, isAlone);
        if (turn !== undefined) return turn;
        if (performance.now() >= deadline) {
          throw new WaitError('another login is tried just now', 1000 + Math.random() * 1000);
        }
        await sleep(POLL_MS + Math.random() * POLL_MS);
        await row.read(0);
      }
    },
    grant: async (api, { digest }) => {
      await notes.flush();
      const asked: { outcome: 'granted' | 'not-needed'; waitMs: number } = { outcome: 'not-needed', waitMs: 0 };
      await row.write((state) => {
        const now = row.now();
        const presses = recentPresses(state, now);
        const secret = state.secrets[digest];
        asked.outcome = findStop(secret, api) === undefined ? 'not-needed' : 'granted';
        // Whoever asks again before the login went out asks for the same one.
        asked.waitMs = isGranted(secret, api)
          ? 0
          : presses.length < MOST_PRESSES
            ? 0
            : HOUR_MS - (now - (presses[0] ?? now));
        return asked.outcome === 'granted' && asked.waitMs <= 0 && !isGranted(secret, api)
          ? grantLogin(state, digest, now)
          : state;
      });
      if (asked.outcome === 'not-needed' || asked.waitMs <= 0) return asked.outcome;
      const next = new Date(row.now() + asked.waitMs).toISOString();
      throw new WaitError(
        `only ${MOST_PRESSES} logins an hour are tried by hand; the next one at ${next}`,
        asked.waitMs,
      );
    },
    view: async (api, login) => viewAccount(findLatest(await row.read(0), login?.digest, api), api),
  };
}

/** Whether an accepted login tells the row something. */
function isNews(state: AccountState, { digest, api, leaseId }: BegunLogin, now: number): boolean {
  const { okAt, refused, lost } = loginsOf(state.secrets[digest], api);
  return leaseId !== undefined || refused + lost > 0 || state.waiting[api] === true || now - okAt > NOTED_MS;
}

/** What became of logins, in the row as soon as the storage takes it: before that no other login of this process goes out. */
function createNotes(row: AccountRow): {
  readonly add: (note: Change) => Promise<AccountState>;
  readonly flush: () => Promise<unknown>;
  /** A state with what is not stored yet. */
  readonly over: Change;
} {
  let unsaved: Change[] = [];
  let flushing: Promise<unknown> = Promise.resolve();
  const flush = (): Promise<AccountState | undefined> => {
    const turn = flushing.then(async () => {
      const batch = [...unsaved];
      if (batch.length === 0) return undefined;
      const state = await row.write((current) => batch.reduce((next, note) => note(next), current));
      unsaved = unsaved.filter((note) => !batch.includes(note));
      return state;
    });
    flushing = turn.catch(() => undefined);
    return turn;
  };
  return {
    flush,
    over: (state) => unsaved.reduce((next, note) => note(next), state),
    add: async (note) => {
      unsaved.push(note);
      try {
        return (await flush()) ?? (await row.read(Number.POSITIVE_INFINITY));
      } catch (error) {
        ambientLog.warn('LoginNoteLate', { error: messageOf(error) });
        return note(await row.read(Number.POSITIVE_INFINITY));
      }
    },
  };
}
