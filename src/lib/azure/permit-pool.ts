import type { TableClient } from '@azure/data-tables';
import { randomUUID } from 'node:crypto';
import { WaitError } from '../errors.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import type { LimitHeaders, Permit, Priority } from '../pipeline/ports.ts';
import type { RouteName } from '../pipeline/routes.ts';
import type { ApiName } from '../pipeline/stream.ts';
import { createTurn, PermitLine, sleepInLine, wakeTurn, type Turn } from './permit-line.ts';
import { DEFAULT_TIMING, type LimiterOptions, type LimiterTiming } from './limiter-options.ts';
import { alive, pauseFor, permitCount, waitFor, type LimitState } from './limit-state.ts';
import { throwIfEarly } from './route-breaker.ts';
import { SharedLimits } from './shared-limits.ts';
import { viewLimits } from './view-limits.ts';

const POLL_MS = 150;

interface HeldLease {
  readonly id: string;
  until: number;
  readonly since: number;
  isBusy: boolean;
}

/** The permits of one API that this process holds. */
export class PermitPool {
  /** The row that all instances share. */
  readonly shared: SharedLimits;
  readonly #options: LimiterOptions;
  readonly #timing: LimiterTiming;
  readonly #owner = randomUUID();
  #held: HeldLease[] = [];
  readonly #line = new PermitLine();
  #upkeep: NodeJS.Timeout | undefined;

  constructor(api: ApiName, table: () => Promise<TableClient>, options: LimiterOptions) {
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.shared = new SharedLimits(api, table, this.#timing.freshMs);
  }

  get #state(): LimitState {
    return this.shared.state;
  }

  async acquire(priority: Priority, signal?: AbortSignal, route?: RouteName): Promise<Permit> {
    if (priority === 'interactive') return { release: () => undefined };
    const deadline = performance.now() + this.#timing.patienceMs;
    const turn = createTurn(priority);
    try {
      for (;;) {
        signal?.throwIfAborted();
        await this.shared.refresh();
        this.#throwIfTold(priority, route);
        turn.isWoken = false;
        const permit = this.#takeIdle(priority) ?? (await this.#takeNew(priority));
        if (permit !== undefined) return permit;
        if (performance.now() >= deadline) throw new WaitError('no permit is free', 500 + Math.random() * 1500);
        await this.#waitForTurn(turn, deadline);
      }
    } finally {
      this.#line.leave(turn);
    }
  }

  observe(headers: LimitHeaders): void {
    this.shared.observe(headers);
  }

  async pause(milliseconds: number, reason: string): Promise<void> {
    await this.shared.write((state) => pauseFor(state, milliseconds, reason, this.shared.now()));
  }

  async view(): Promise<LimitView> {
    this.shared.expire();
    await this.shared.refresh();
    return viewLimits(this.#state, this.#options, this.shared.now());
  }

  async close(): Promise<void> {
    clearTimeout(this.#upkeep);
    this.#held = [];
    const withoutOurs = (state: LimitState): LimitState => {
      return { ...state, leases: state.leases.filter(({ owner }) => owner !== this.#owner) };
    };
    await this.shared.write(withoutOurs).catch(() => undefined);
    clearTimeout(this.#upkeep);
  }

  #throwIfTold(priority: Priority, route: RouteName | undefined): void {
    const now = this.shared.now();
    const { ms, why } = waitFor(this.#state, priority, this.#options.reservePercent, now);
    if (ms > 0) throw new WaitError(why, ms);
    if (route !== undefined) throwIfEarly(this.#state, route, now);
  }

  /** A permit this process holds and does not use just now. */
  #takeIdle(priority: Priority): Permit | undefined {
    const now = this.shared.now();
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
    if (alive(this.#state.leases, this.shared.now()).length >= limit) return undefined;
    const id = randomUUID();
    const state = await this.shared.write((current) => {
      const now = this.shared.now();
      const leases = alive(current.leases, now);
      if (leases.length >= permitCount(current, this.#options.concurrency)) return current;
      const until = now + this.#timing.leaseMs;
      const waiting = current.waiter === this.#owner ? { waiter: '', waiterUntil: 0 } : {};
      return { ...current, leases: [...leases, { id, owner: this.#owner, until }], ...waiting };
    });
    const lease = state.leases.find((each) => each.id === id);
    if (lease === undefined) return undefined;
    const held: HeldLease = { id, until: lease.until, since: this.shared.now(), isBusy: true };
    this.#held.push(held);
    this.#keepUp();
    return this.#use(held);
  }

  #mustYield(priority: Priority): boolean {
    if (priority === 'live') return false;
    return this.#state.liveWaitsUntil > this.shared.now() || this.#line.isAhead(priority);
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
    const now = this.shared.now();
    if (waiterUntil <= now || waiter === this.#owner) return false;
    return !isNeededHere || now - lease.since > this.#timing.turnMs;
  }

  async #giveBack(leases: readonly HeldLease[]): Promise<void> {
    const ids = new Set(leases.map(({ id }) => id));
    this.#held = this.#held.filter(({ id }) => !ids.has(id));
    await this.shared.write((state) => ({ ...state, leases: state.leases.filter(({ id }) => !ids.has(id)) }));
  }

  /** Sleeps until a permit comes free here, or a moment, for permits that come free elsewhere. */
  async #waitForTurn(turn: Turn, deadline: number): Promise<void> {
    this.#line.join(turn);
    await this.#announceWaiting(turn.priority);
    await sleepInLine(turn, Math.min(POLL_MS + Math.random() * POLL_MS, Math.max(1, deadline - performance.now())));
    // Where all permits are ours, nobody else can give one back; but a live window may have come to wait elsewhere.
    if (!turn.isWoken && (turn.priority !== 'live' || this.#isHeldElsewhere())) this.shared.expire();
  }

  #isHeldElsewhere(): boolean {
    return alive(this.#state.leases, this.shared.now()).some(({ owner }) => owner !== this.#owner);
  }

  /** Tells the other instances that somebody waits, when they hold permits. */
  async #announceWaiting(priority: Priority): Promise<void> {
    const now = this.shared.now();
    const isTold = this.#state.waiterUntil > now && (priority !== 'live' || this.#state.liveWaitsUntil > now);
    if (isTold || !this.#isHeldElsewhere()) return;
    const until = now + this.#timing.patienceMs;
    await this.shared.write((state) => ({
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
    const now = this.shared.now();
    const isOld = this.#held.some(({ until }) => until - now < (this.#timing.leaseMs * 2) / 3);
    if (isOld) await this.#renew();
  }

  async #renew(): Promise<void> {
    const mine = new Set(this.#held.map(({ id }) => id));
    let until = 0;
    const state = await this.shared.write((current) => {
      until = this.shared.now() + this.#timing.leaseMs;
      const leases = current.leases.map((lease) => (mine.has(lease.id) ? { ...lease, until } : lease));
      return { ...current, leases };
    });
    const kept = new Set(state.leases.map(({ id }) => id));
    for (const lease of this.#held) if (kept.has(lease.id)) lease.until = until;
  }
}
