import { ClaimLostError, messageOf } from '../errors.ts';
import { logUnexpected } from '../log-unexpected.ts';
import { isStored } from './is-stored.ts';
import type { WindowDependencies, WindowRecord } from './ports.ts';
import { hold } from './window-state.ts';

/** The exclusive right to work on a window, kept alive while the worker lives. */
export interface Claim {
  readonly record: WindowRecord;
  /** Aborted as soon as the claim is known to be lost. */
  readonly signal: AbortSignal;
  /** Throws a ClaimLostError when the claim is lost or has run out, as it has after the process stood still for longer than its lease. */
  readonly throwIfLost: () => void;
  /** Stores the checkpoint. @throws ClaimLostError when another worker took the window. */
  readonly save: (ledger?: Readonly<Record<string, Uint8Array>>) => Promise<void>;
  /** Ends the heartbeat; the record keeps what was stored last. */
  readonly stop: () => Promise<void>;
}

/** What a claim needs. */
interface ClaimOptions extends Pick<WindowDependencies, 'store' | 'clock' | 'log'> {
  /** Name of the worker. */
  readonly owner: string;
  /** Life of the claim without a heartbeat, in milliseconds. */
  readonly leaseMs: number;
}

/** Whether a worker that may still live holds the window. */
export function isClaimed(record: WindowRecord, now: Date): boolean {
  return record.claim !== undefined && Date.parse(record.claim.until) > now.getTime();
}

/**
 * Takes a window; undefined when another worker was faster.
 * Checkpoint and heartbeat write the same record, so they go one after the other.
 */
export async function takeClaim(record: WindowRecord, options: ClaimOptions): Promise<Claim | undefined> {
  const { store, clock, log, owner, leaseMs } = options;
  const abort = new AbortController();
  let writing: Promise<void> = Promise.resolve();
  let storedAt = 0;

  async function write(ledger?: Readonly<Record<string, Uint8Array>>): Promise<void> {
    abort.signal.throwIfAborted();
    hold(record, owner, clock.now(), leaseMs);
    const startedAt = Date.now();
    try {
      await store.saveWindow(record, ledger);
      storedAt = startedAt;
    } catch (error) {
      if (error instanceof ClaimLostError) abort.abort(error);
      throw error;
    }
  }

  function save(ledger?: Readonly<Record<string, Uint8Array>>): Promise<void> {
    const turn = writing.then(() => write(ledger));
    writing = turn.catch(() => undefined);
    return turn;
  }

  function giveUpWhenOver(): void {
    if (abort.signal.aborted || Date.now() - storedAt <= leaseMs) return;
    abort.abort(new ClaimLostError(`window ${record.key}: the claim ran out before it could be renewed`));
  }

  function beat(): void {
    giveUpWhenOver();
    if (abort.signal.aborted || Date.now() - storedAt < leaseMs / 3) return;
    save().catch((error: unknown) => {
      log.warn('ClaimRenewError', { error: messageOf(error) });
      logUnexpected(log, error);
    });
  }

  if (!(await isStored(save()))) return undefined;
  const heartbeat = setInterval(beat, leaseMs / 6);
  heartbeat.unref();
  return {
    record,
    signal: abort.signal,
    throwIfLost: () => {
      giveUpWhenOver();
      abort.signal.throwIfAborted();
    },
    save,
    stop: async () => {
      clearInterval(heartbeat);
      await writing;
    },
  };
}
