import type { TableClient } from '@azure/data-tables';
import type { LimitHeaders } from '../pipeline/ports.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { boundTimes, emptyLimitState, learn, type LimitState } from './limit-state.ts';
import { openSharedRow, type SharedRow } from './shared-row.ts';

/** What this process knows of the row of an API's limits. */
export class SharedLimits {
  readonly #row: SharedRow<LimitState>;
  readonly #freshMs: number;
  #state: LimitState;
  /** The row as it was read or written last. */
  #stored: LimitState | undefined;
  #isExpired = false;
  /** What answers to this process told, and when the last one came, by our own clock. */
  #learned: LimitHeaders = {};
  #learnedAt = 0;

  constructor(api: ApiName, table: () => Promise<TableClient>, freshMs: number) {
    this.#state = emptyLimitState(api);
    this.#row = openSharedRow(table, api, this.#state);
    this.#freshMs = freshMs;
  }

  get state(): LimitState {
    return this.#state;
  }

  /** The time that all instances go by, in epoch milliseconds. */
  now(): number {
    return this.#row.now();
  }

  /** Reads the row unless it was read a moment ago. Times in it that no clock can have set are put right for all. */
  async refresh(): Promise<void> {
    const stored = await this.#row.read(this.#isExpired ? 0 : this.#freshMs);
    if (stored === this.#stored) return;
    const isSound = this.#take(stored);
    if (!isSound) await this.write((current) => current).catch(() => undefined);
  }

  /** Has the row read at the next look. */
  expire(): void {
    this.#isExpired = true;
  }

  /** Learns from the headers of an answer: a limit of calls at once is told at once, a budget with what this process changes next. */
  observe(headers: LimitHeaders): void {
    const next = learn(this.#state, headers, this.now());
    if (next === this.#state) return;
    const isNewLimit = next.concurrencyLimit !== this.#state.concurrencyLimit;
    this.#state = next;
    this.#learned = { ...this.#learned, ...headers };
    this.#learnedAt = Date.now();
    if (isNewLimit) void this.write((state) => state).catch(() => undefined);
  }

  /** Changes the row under its ETag; one change at a time in this process. @throws RetryableError when the storage fails. */
  async write(change: (state: LimitState) => LimitState): Promise<LimitState> {
    const next = await this.#row.write((stored) => change(this.#withLearned(boundTimes(stored, this.now()))));
    this.#take(next);
    return next;
  }

  /** A row, and what answers to this process told since. */
  #withLearned(state: LimitState): LimitState {
    const learnedAt = this.#learnedAt + (this.now() - Date.now());
    const { concurrencyLimit = 0 } = this.#learned;
    return learn(state, learnedAt > state.rateSeenAt ? this.#learned : { concurrencyLimit }, learnedAt);
  }

  /** @returns whether the row's times can be. */
  #take(stored: LimitState): boolean {
    const sound = boundTimes(stored, this.now());
    this.#stored = stored;
    this.#isExpired = false;
    // Headers seen here and not stored yet are newer than the row.
    const { rateLimit, rateRemaining, rateWindowSeconds, rateSeenAt } = this.#withLearned(sound);
    this.#state = { ...sound, rateLimit, rateRemaining, rateWindowSeconds, rateSeenAt };
    return sound === stored;
  }
}
