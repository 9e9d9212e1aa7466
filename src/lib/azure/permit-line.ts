import { setTimeout as sleep } from 'node:timers/promises';
import type { Priority } from '../pipeline/ports.ts';

/** Who goes first. */
const RANK: Readonly<Record<Priority, number>> = { interactive: 0, live: 1, enrichment: 2, backfill: 3 };

/** A worker that waits for a permit; it stands in the line until it has one or gives up. */
export interface Turn {
  readonly priority: Priority;
  /** A permit has come free for it, which it has not tried to take yet. */
  isWoken: boolean;
  /** Ends its sleep, when it sleeps. */
  wake: () => void;
}

/** The workers of this process that wait for a permit: by priority, and in the order in which they came. */
export class PermitLine {
  #turns: Turn[] = [];

  /** Joins the line at its end; does nothing for one that stands in it. */
  join(turn: Turn): void {
    if (!this.#turns.includes(turn)) this.#turns.push(turn);
  }

  leave(turn: Turn): void {
    this.#turns = this.#turns.filter((each) => each !== turn);
  }

  /** Whether somebody with a higher priority waits. */
  isAhead(priority: Priority): boolean {
    return this.#turns.some((turn) => RANK[turn.priority] < RANK[priority]);
  }

  /** How many have not tried yet to take the permit that has come free for them. */
  woken(): number {
    return this.#turns.filter(({ isWoken }) => isWoken).length;
  }

  /** The first for whom no permit has come free yet. */
  first(): Turn | undefined {
    const unwoken = this.#turns.filter(({ isWoken }) => !isWoken);
    return unwoken.sort((left, right) => RANK[left.priority] - RANK[right.priority])[0];
  }
}

/** A worker that does not wait yet. */
export function createTurn(priority: Priority): Turn {
  return { priority, isWoken: false, wake: () => undefined };
}

/** Tells the worker that a permit has come free. */
export function wakeTurn(turn: Turn): void {
  turn.isWoken = true;
  turn.wake();
}

/** Sleeps for so many milliseconds, or until the worker is woken. */
export async function sleepInLine(turn: Turn, milliseconds: number): Promise<void> {
  if (turn.isWoken) return;
  const abort = new AbortController();
  turn.wake = () => abort.abort();
  await sleep(milliseconds, undefined, { signal: abort.signal }).catch(() => undefined);
  turn.wake = () => undefined;
}
