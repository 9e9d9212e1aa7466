import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccountError, messageOf, WaitError } from '../errors.ts';
import { ambientLog, redact } from '../log.ts';
import type { Account, LoginCaller, Login, LoginTurn } from '../pipeline/account.ts';
import type { AccountView } from '../pipeline/limit-view.ts';
import type { ApiName } from '../pipeline/stream.ts';
import {
  acceptLogin,
  beginLogin,
  endLogin,
  findLatest,
  grantLogin,
  HOUR_MS,
  isGranted,
  LEASE_MS,
  loseAnswer,
  MOST_PRESSES,
  recentPresses,
  refuseLogin,
  type AccountState,
  type BegunLogin,
} from './account-state.ts';
import { findStop, judgeLogin, type Verdict } from './judge-login.ts';
import type { SharedRow } from './shared-row.ts';
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
  readonly row: SharedRow<AccountState>;
  /** How old the shared state may be when a login starts, in milliseconds. */
  readonly freshMs: number;
  /** How long a caller waits while another login is tried, in milliseconds. */
  readonly patienceMs: number;
  /** The same for people, and where the secret works. */
  readonly longPatienceMs?: number;
  /** Called when an API accepts a login again after refusals, of this secret or of the one before. */
  readonly onRecovered?: (() => Promise<void>) | undefined;
}

/** A person cannot be told to come back, nor need a window be where the secret works. */
const LONG_PATIENCE_MS = 15_000;
const POLL_MS = 150;
/** What could not be stored is stored after so long, if it can. */
const RETRY_MS = 1000;
/** A login with a secret that works, and has no answer for so long, was let in: no vendor takes as long to refuse one. */
const LET_IN_MS = 20_000;

type Change = (state: AccountState) => AccountState;

/**
 * Keeps in a row of the limits which logins are out and which secret was refused, so that no more of all instances are out than may be
 * refused, and one alone with a secret that is not known to work.
 */
export function createAccountBreaker(options: AccountBreakerOptions): AccountBreaker {
  const { row, freshMs } = options;
  const notes = createNotes(row);
  /** The next one of this process that logs in to an API, behind those before it. */
  const lines = new Map<ApiName, Promise<unknown>>();
  let freed = Promise.withResolvers<undefined>();

  /** @returns what keeps it waiting while other logins are out. @throws AccountError. */
  async function tryToEnter(api: ApiName, login: Login): Promise<LoginTurn | { readonly isKnown: boolean }> {
    const { digest } = login;
    const judge = (state: AccountState): Verdict => judgeLogin(notes.over(state).secrets[digest], api, row.now());
    let verdict = judge(await row.read(freshMs));
    // Somebody may have asked for a try a moment ago.
    if (verdict.kind === 'stopped') verdict = judge(await row.read(0));
    if (verdict.kind === 'stopped') throw accountErrorOf(await row.read(freshMs), api, login, row.now());
    if (verdict.kind === 'busy') return { isKnown: !verdict.isAlone };
    if (verdict.isRefused && (await login.renew?.()) === true) {
      throw new AccountError('there is a newer secret than the one that Qualys refuses', 1000);
    }
    const id = randomUUID();
    const begun: BegunLogin = { digest, api, id, startedAt: row.now() };
    const begin = (current: AccountState): AccountState => {
      const now = row.now();
      const again = judge(current);
      if (again.kind !== 'free') return current;
      const lease = { id, api, isAlone: again.isAlone, startedAt: now, until: now + LEASE_MS };
      return beginLogin(current, digest, lease, now);
    };
    const state = await row.write(begin).catch((error: unknown) => {
      // It may have been taken, and nobody makes use of it.
      void notes.add((current) => endLogin(current, begun, row.now()));
      throw error;
    });
    const lease = state.secrets[digest]?.leases?.find((each) => each.id === id);
    return lease === undefined ? { isKnown: !verdict.isAlone } : turnOf(begun, login, lease.isAlone);
  }

  function turnOf(begun: BegunLogin, login: Login, isAlone: boolean): LoginTurn {
    const { digest, api } = begun;
    const letIn = isAlone
      ? undefined
      : setTimeout(() => void tell((state) => endLogin(state, begun, row.now())), LET_IN_MS).unref();
    const tell = async (note: Change): Promise<AccountState> => {
      clearTimeout(letIn);
      const state = await notes.add(note);
      freed.resolve(undefined);
      freed = Promise.withResolvers();
      return state;
    };
    return {
      accepted: async () => {
        const now = row.now();
        const found = { isRecovered: false };
        await tell((state) => {
          const next = acceptLogin(state, begun, now);
          found.isRecovered ||= state.waiting[api] === true && next.waiting[api] === false;
          return next;
        });
        if (found.isRecovered) await options.onRecovered?.();
      },
      refused: async (refusal) => {
        const now = row.now();
        const error = redact(refusal.error);
        const state = await tell((current) => refuseLogin(current, begun, { ...refusal, error }, now));
        const { refusals, nextTryAt = null } = viewAccount(state.secrets[digest], api, now) ?? {};
        ambientLog.warn('LoginRefused', { api, refusals, nextTryAt, error });
        return accountErrorOf(state, api, login, now);
      },
      ended: async (isAnswered) => {
        const now = row.now();
        await tell((state) => (isAnswered ? endLogin(state, begun, now) : loseAnswer(state, begun, now)));
      },
    };
  }

  async function enter(api: ApiName, login: Login, caller: LoginCaller, startedAt: number): Promise<LoginTurn> {
    const { priority, signal } = caller;
    await notes.flush();
    for (;;) {
      signal?.throwIfAborted();
      const next = freed.promise;
      const turn = await tryToEnter(api, login);
      if (!('isKnown' in turn)) return turn;
      const isPatient = priority === 'interactive' || turn.isKnown;
      const patienceMs = isPatient ? (options.longPatienceMs ?? LONG_PATIENCE_MS) : options.patienceMs;
      if (performance.now() - startedAt >= patienceMs) {
        throw new WaitError('another login is tried just now', 1000 + Math.random() * 1000);
      }
      const isFreed = next.then(() => true);
      if (!(await Promise.race([isFreed, sleep(POLL_MS + Math.random() * POLL_MS, false)]))) await row.read(0);
    }
  }

  return {
    enter: (api, login, caller) => {
      const startedAt = performance.now();
      const turn = (lines.get(api) ?? Promise.resolve()).then(() => enter(api, login, caller, startedAt));
      lines.set(
        api,
        turn.catch(() => undefined),
      );
      return turn;
    },
    grant: async (api, { digest }) => {
      await notes.flush();
      let outcome: 'granted' | 'not-needed' = 'not-needed';
      await row.write((state) => {
        const now = row.now();
        const secret = state.secrets[digest];
        outcome = findStop(secret, api, now) === undefined ? 'not-needed' : 'granted';
        // Whoever asks again before the login went out asks for the same one.
        if (outcome === 'not-needed' || isGranted(secret, api)) return state;
        const presses = recentPresses(state, now);
        const [first = now] = presses;
        if (presses.length < MOST_PRESSES) return grantLogin(state, digest, now);
        const next = new Date(first + HOUR_MS).toISOString();
        const text = `only ${MOST_PRESSES} logins an hour are tried by hand; the next one at ${next}`;
        throw new WaitError(text, first + HOUR_MS - now);
      });
      return outcome;
    },
    view: async (api, login) => {
      await notes.flush().catch(() => undefined);
      const state = notes.over(await row.read(0));
      return viewAccount(findLatest(state, login?.digest, api), api, row.now());
    },
  };
}

/** What became of logins, in the row as soon as the storage takes it: before that no other login of this process goes out. */
function createNotes(row: SharedRow<AccountState>): {
  readonly add: (note: Change) => Promise<AccountState>;
  readonly flush: () => Promise<unknown>;
  /** A state with what is not stored yet. */
  readonly over: Change;
} {
  let unsaved: Change[] = [];
  let flushing: Promise<unknown> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
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
  const flushLater = (): void => {
    retry ??= setTimeout(() => {
      retry = undefined;
      flush().catch(flushLater);
    }, RETRY_MS).unref();
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
        flushLater();
        return note(await row.read(Number.POSITIVE_INFINITY));
      }
    },
  };
}
