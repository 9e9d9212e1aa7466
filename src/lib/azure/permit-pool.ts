import type { TableClient } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RetryableError, WaitError } from '../errors.ts';
import type { LimitHeaders, LimitView, Permit, Priority } from '../pipeline/ports.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { openLimitRow, type LimitRow } from './limit-row.ts';
import { createTurn, PermitLine, sleepInLine, wakeTurn, type Turn } from './permit-line.ts';
import { DEFAULT_TIMING, type LimiterOptions, type LimiterTiming } from './limiter-options.ts';
import { alive, emptyLimitState, learn, permitCount, pickRate, waitFor, type LimitState } from './limit-state.ts';
import { viewLimits } from './view-limits.ts';

const POLL_MS = 150;
const MAX_TRIES = 20;

interface HeldLease {
  readonly id: string;
  until: number;
  readonly since: number;
  isBusy: boolean;
}

/** The permits of one API that this process holds, and its view of the shared row. */
export class PermitPool {
  readonly #row: LimitRow;
  readonly #options: LimiterOptions;
  readonly #timing: LimiterTiming;
  readonly #owner = randomUUID();
  #held: HeldLease[] = [];
  readonly #line = new PermitLine();
  #state: LimitState;
  #readAt = 0;
  #learned: LimitHeaders = {};
  #upkeep: NodeJS.Timeout | undefined;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(api: ApiName, table: () => Promise<TableClient>, options: LimiterOptions) {
    this.#row = openLimitRow(api, table);
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#state = emptyLimitState(api);
  }

  async acquire(priority: Priority, signal?: AbortSignal): Promise<Permit> {
    if (priority === 'interactive') return { release: () => undefined };
    const deadline = Date.now() + this.#timing.patienceMs;
    const turn = createTurn(priority);
    try {
      for (;;) {
        signal?.throwIfAborted();
        await this.#refresh();
        this.#throwIfTold(priority);
        turn.isWoken = false;
        const permit = this.#takeIdle(priority) ?? (await this.#takeNew(priority));
        if (permit !== undefined) return permit;
        if (Date.now() >= deadline) throw new WaitError('no permit is free', 500 + Math.random() * 1500);
        await this.#waitForTurn(turn, deadline);
      }
    } finally {
      this.#line.leave(turn);
    }
  }

  observe(headers: LimitHeaders): void {
    const next = learn(this.#state, headers, Date.now());
    if (next === this.#state) return;
    const isNewLimit = next.concurrencyLimit !== this.#state.concurrencyLimit;
    this.#state = next;
    this.#learned = { ...this.#learned, ...headers };
    if (isNewLimit) void this.#write((state) => state).catch(() => undefined);
    else this.#keepUp();
  }

  async pause(milliseconds: number, reason: string): Promise<void> {
    const until = Date.now() + milliseconds;
    await this.#write((state) => ({
      ...state,
      pausedUntil: Math.max(state.pausedUntil, until),
      pauseReason: until > state.pausedUntil ? reason.slice(0, 500) : state.pauseReason,
    }));
  }

  async view(): Promise<LimitView> {
    this.#readAt = 0;
    await this.#refresh();
    return viewLimits(this.#state, this.#options.concurrency, Date.now());
  }

  async close(): Promise<void> {
    clearTimeout(this.#upkeep);
    this.#held = [];
    await this.#write((state) => ({
      ...state,
      leases: state.leases.filter(({ owner }) => owner !== this.#owner),
    })).catch(() => undefined);
    clearTimeout(this.#upkeep);
  }

  #throwIfTold(priority: Priority): void {
    const { ms, why } = waitFor(this.#state, priority, this.#options.reservePercent, Date.now());
    if (ms > 0) throw new WaitError(why, ms);
  }

  /** A permit this process holds and does not use just now. */
  #takeIdle(priority: Priority): Permit | undefined {
    const now = Date.now();
    this.#held = this.#held.filter(({ until }) => until > now);
    if (this.#mustYield(priority)) return undefined;
    if (this.#held.length > permitCount(this.#state, this.#options.concurrency)) return undefined;
    const idle = this.#held.filter(({ isBusy }) => !isBusy);
    // Who was woken for a permit gets it, however fast one that has just come is.
    const free = idle[this.#line.woken()];
    return free === undefined ? undefined : this.#use(free);
  }

  async #takeNew(priority: Priority): Promise<Permit | undefined> {
    if (this.#mustYield(priority)) return undefined;
    const limit = permitCount(this.#state, this.#options.concurrency);
    if (alive(this.#state.leases, Date.now()).length >= limit) return undefined;
    const id = randomUUID();
    const state = await this.#write((current) => {
      const now = Date.now();
      const leases = alive(current.leases, now);
      if (leases.length >= permitCount(current, this.#options.concurrency)) return current;
      const until = now + this.#timing.leaseMs;
      return { ...current, leases: [...leases, { id, owner: this.#owner, until }], ...this.#noLongerWaiting(current) };
    });
    const lease = state.leases.find((each) => each.id === id);
    if (lease === undefined) return undefined;
    const held: HeldLease = { id, until: lease.until, since: Date.now(), isBusy: true };
    this.#held.push(held);
    this.#keepUp();
    return this.#use(held);
  }

  #noLongerWaiting(state: LimitState): Partial<LimitState> {
    return state.waiter === this.#owner ? { waiter: '', waiterUntil: 0 } : {};
  }

  #mustYield(priority: Priority): boolean {
    if (priority === 'live') return false;
    return this.#state.liveWaitsUntil > Date.now() || this.#line.isAhead(priority);
  }

  #use(lease: HeldLease): Permit {
    lease.isBusy = true;
    let isReleased = false;
    return {
      release: () => {
        if (isReleased) return;
        isReleased = true;
        lease.isBusy = false;
        this.#passOn(lease);
      },
    };
  }

  /** Gives a free permit to a waiting worker here, or back to the other instances. */
  #passOn(lease: HeldLease): void {
    const next = this.#nextInLine();
    if (this.#surplus() > 0 || this.#isWantedElsewhere(lease, next !== undefined)) {
      void this.#giveBack([lease]).catch(() => undefined);
    } else if (next !== undefined) {
      wakeTurn(next);
    }
    this.#keepUp();
  }

  /** Who gets the next free permit here; undefined when nobody waits who may have it. */
  #nextInLine() {
    const next = this.#line.first();
    return next === undefined || this.#mustYield(next.priority) ? undefined : next;
  }

  /** Permits held beyond what the vendor allows since it has told a lower limit. */
  #surplus(): number {
    return Math.max(0, this.#held.length - permitCount(this.#state, this.#options.concurrency));
  }

  #isWantedElsewhere(lease: HeldLease, isNeededHere: boolean): boolean {
    const { waiter, waiterUntil } = this.#state;
    const now = Date.now();
    if (waiterUntil <= now || waiter === this.#owner) return false;
    return !isNeededHere || now - lease.since > this.#timing.turnMs;
  }

  async #giveBack(leases: readonly HeldLease[]): Promise<void> {
    const ids = new Set(leases.map(({ id }) => id));
    this.#held = this.#held.filter(({ id }) => !ids.has(id));
    await this.#write((state) => ({ ...state, leases: state.leases.filter(({ id }) => !ids.has(id)) }));
  }

  /** Sleeps until a permit comes free here, or a moment, for permits that come free elsewhere. */
  async #waitForTurn(turn: Turn, deadline: number): Promise<void> {
    this.#line.join(turn);
    await this.#announceWaiting(turn.priority);
    await sleepInLine(turn, Math.min(POLL_MS + Math.random() * POLL_MS, Math.max(1, deadline - Date.now())));
    // Where all permits are ours, nobody else can give one back; but a live window may have come to wait elsewhere.
    if (!turn.isWoken && (turn.priority !== 'live' || this.#isHeldElsewhere())) this.#readAt = 0;
  }

  #isHeldElsewhere(): boolean {
    return alive(this.#state.leases, Date.now()).some(({ owner }) => owner !== this.#owner);
  }

  /** Tells the other instances that somebody waits, when they hold permits. */
  async #announceWaiting(priority: Priority): Promise<void> {
    const now = Date.now();
    const isTold = this.#state.waiterUntil > now && (priority !== 'live' || this.#state.liveWaitsUntil > now);
    if (isTold || !this.#isHeldElsewhere()) return;
    const until = now + this.#timing.patienceMs;
    await this.#write((state) => ({
      ...state,
      waiter: this.#owner,
      waiterUntil: until,
      ...(priority === 'live' ? { liveWaitsUntil: until } : {}),
    }));
  }

  /** Renews the permits in use and gives back the idle ones, as long as there are any. */
  #keepUp(): void {
    if (this.#upkeep !== undefined) return;
    const run = (): void => {
      this.#upkeep = undefined;
      this.#maintain()
        .catch(() => undefined)
        .finally(() => {
          if (this.#held.length > 0) this.#keepUp();
        });
    };
    this.#upkeep = setTimeout(run, this.#timing.idleMs);
    this.#upkeep.unref();
  }

  async #maintain(): Promise<void> {
    const idle = this.#held.filter(({ isBusy }) => !isBusy);
    // Backfills that let live windows of other instances go first need none either.
    const spare = this.#nextInLine() === undefined ? idle : idle.slice(0, this.#surplus());
    if (spare.length > 0) await this.#giveBack(spare);
    const now = Date.now();
    const isOld = this.#held.some(({ until }) => until - now < (this.#timing.leaseMs * 2) / 3);
    if (isOld) await this.#renew();
  }

  async #renew(): Promise<void> {
    const mine = new Set(this.#held.map(({ id }) => id));
    const until = Date.now() + this.#timing.leaseMs;
    const state = await this.#write((current) => ({
      ...current,
      leases: current.leases.map((lease) => (mine.has(lease.id) ? { ...lease, until } : lease)),
    }));
    const kept = new Set(state.leases.map(({ id }) => id));
    for (const lease of this.#held) if (kept.has(lease.id)) lease.until = until;
  }

  async #refresh(): Promise<void> {
    if (Date.now() - this.#readAt < this.#timing.freshMs) return;
    this.#take(await this.#row.read());
  }

  #take(read: { readonly state: LimitState }): void {
    const { rateSeenAt } = this.#state;
    // Headers seen here and not stored yet are newer than the row.
    const own = rateSeenAt > read.state.rateSeenAt ? pickRate(this.#state) : {};
    this.#state = { ...read.state, ...own };
    this.#readAt = Date.now();
  }

  /** Changes the shared row under its ETag; one change at a time in this process. */
  #write(change: (state: LimitState) => LimitState): Promise<LimitState> {
    const turn = this.#writing.then(() => this.#tryToWrite(change));
    this.#writing = turn.catch(() => undefined);
    return turn;
  }

  async #tryToWrite(change: (state: LimitState) => LimitState): Promise<LimitState> {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const read = await this.#row.read();
      const learned = learn(read.state, this.#learned, this.#state.rateSeenAt);
      const isStale = learned.rateSeenAt < read.state.rateSeenAt;
      const base = isStale ? { ...learned, ...pickRate(read.state) } : learned;
      const next = change(base);
      if (next === read.state || (await this.#row.store(next, read.etag))) {
        this.#take({ state: next });
        return next;
      }
      await sleep(Math.random() * 30 * (tries + 1));
    }
    throw new RetryableError('storage failed changing the limits: too many instances at once', { scope: 'storage' });
  }
}
