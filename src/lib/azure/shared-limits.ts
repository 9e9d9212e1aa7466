import type { TableClient } from '@azure/data-tables';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError } from '../errors.ts';
import type { LimitHeaders } from '../pipeline/ports.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { openLimitRow } from './limit-row.ts';
import { boundTimes, emptyLimitState, learn, pickRate, type LimitState } from './limit-state.ts';
import type { StateRow } from './state-row.ts';

const MAX_TRIES = 20;

/**
 * What this process knows of the row that all instances share. Its times are by the clock of the storage service: by its own, an instance
 * whose clock is days ahead would stop all the others for days.
 */
export class SharedLimits {
  readonly #row: StateRow<LimitState>;
  readonly #freshMs: number;
  #state: LimitState;
  #readAt = 0;
  /** How far the clock of the storage is ahead of ours. */
  #skewMs = 0;
  /** What answers to this process told, and when the last one came, by our own clock. */
  #learned: LimitHeaders = {};
  #learnedAt: number | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(api: ApiName, table: () => Promise<TableClient>, freshMs: number) {
    this.#row = openLimitRow(api, table);
    this.#freshMs = freshMs;
    this.#state = emptyLimitState(api);
  }

  get state(): LimitState {
    return this.#state;
  }

  /** The time that all instances go by, in epoch milliseconds. */
  now(): number {
    return Date.now() + this.#skewMs;
  }

  /** Reads the row unless it was read a moment ago. Times in it that no clock can have set are put right for all. */
  async refresh(): Promise<void> {
    const ageMs = Date.now() - this.#readAt;
    // A clock that was put back makes it the future: then the row is read as well.
    if (ageMs >= 0 && ageMs < this.#freshMs) return;
    const { state, skewMs } = await this.#row.read();
    const isSound = this.#take(state, skewMs);
    if (!isSound) await this.write((current) => current).catch(() => undefined);
  }

  /** Has the row read at the next look. */
  expire(): void {
    this.#readAt = 0;
  }

  /** Learns from the headers of an answer. @returns whether the limit of calls at once is new: that has to be told at once. */
  learn(headers: LimitHeaders): boolean {
    const next = learn(this.#state, headers, this.now());
    if (next === this.#state) return false;
    const isNewLimit = next.concurrencyLimit !== this.#state.concurrencyLimit;
    this.#state = next;
    this.#learned = { ...this.#learned, ...headers };
    this.#learnedAt = Date.now();
    return isNewLimit;
  }

  /** Changes the row under its ETag; one change at a time in this process. @throws RetryableError when the storage fails. */
  write(change: (state: LimitState) => LimitState): Promise<LimitState> {
    const turn = this.#writing.then(() => this.#tryToWrite(change));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #tryToWrite(change: (state: LimitState) => LimitState): Promise<LimitState> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const { state, etag, skewMs } = await this.#row.read();
      this.#skewMs = skewMs;
      const next = change(this.#withLearned(boundTimes(state, this.now())));
      if (next === state || (await this.#row.store(next, etag))) {
        this.#take(next, skewMs);
        return next;
      }
      await sleep(Math.random() * 30 * (tries + 1));
    }
    throw new RetryableError('storage failed changing the limits: too many instances at once', { scope: 'storage' });
  }

  /** A row, and what answers to this process told since. */
  #withLearned(state: LimitState): LimitState {
    const learnedAt = this.#learnedAt === undefined ? 0 : this.#learnedAt + this.#skewMs;
    const { concurrencyLimit = 0 } = this.#learned;
    return learn(state, learnedAt > state.rateSeenAt ? this.#learned : { concurrencyLimit }, learnedAt);
  }

  /** @returns whether the row's times can be. */
  #take(state: LimitState, skewMs: number): boolean {
    this.#skewMs = skewMs;
    const sound = boundTimes(state, this.now());
    // Headers seen here and not stored yet are newer than the row.
    this.#state = { ...sound, ...pickRate(this.#withLearned(sound)) };
    this.#readAt = Date.now();
    return sound === state;
  }
}
