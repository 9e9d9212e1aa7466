import { setImmediate as nextTurn } from 'node:timers/promises';

/** What befalls an operation on the outside world. */
export interface OperationFault {
  /** Whether the operation is done before it fails. */
  readonly isDone: boolean;
  readonly error: () => Error;
}

/**
 * A process of the system under test that does one operation on the outside world at a time, when it is let: so that any order of any
 * two processes can be played, and a process can be left lying at any operation.
 */
export interface Actor {
  readonly name: string;
  /** Lets so many operations happen, fewer when the process ends before. */
  readonly step: (operations: number) => Promise<void>;
  /** Runs to the end. */
  readonly finish: () => Promise<void>;
  /** Leaves the process for good at its next operation, which is done or not. */
  readonly crash: (isDone: boolean) => Promise<void>;
  readonly isOver: () => boolean;
  /** Wraps the methods of a port, so that each call is one operation. */
  readonly wrap: <T extends object>(port: T, fault?: (method: string) => OperationFault | undefined) => T;
}

interface Pending {
  readonly go: (fate: 'happen' | 'die-before' | 'die-after') => void;
}

const NEVER = new Promise<never>(() => undefined);

/** Starts a process; `run` gets the actor, to wrap its ports, and `onEnd` is told how it ended. */
export function startActor(
  name: string,
  run: (actor: Actor) => Promise<void>,
  onEnd: (error: unknown) => void = () => undefined,
): Actor {
  const pending: Pending[] = [];
  let isOver = false;

  async function operate<T>(operation: () => Promise<T>, fault: OperationFault | undefined): Promise<T> {
    const fate = await new Promise<'happen' | 'die-before' | 'die-after'>((go) => pending.push({ go }));
    if (fate === 'die-before') return NEVER;
    if (fault?.isDone === false) throw fault.error();
    const result = await operation();
    if (fate === 'die-after') return NEVER;
    if (fault !== undefined) throw fault.error();
    return result;
  }

  /** Lets everything run that does not wait for the outside: nothing in here waits for anything else. */
  async function settle(): Promise<void> {
    await nextTurn();
  }

  const actor: Actor = {
    name,
    isOver: () => isOver,
    step: async (operations) => {
      await settle();
      for (let left = operations; left > 0 && !isOver; left--) {
        pending.shift()?.go('happen');
        await settle();
      }
    },
    finish: async () => {
      await actor.step(100_000);
      if (!isOver) throw new Error(`${name} does not end`);
    },
    crash: async (isDone) => {
      await settle();
      const wasOver = isOver;
      isOver = true;
      for (const { go } of pending.splice(0)) go(isDone ? 'die-after' : 'die-before');
      await settle();
      if (!wasOver) onEnd(CRASHED);
    },
    wrap: <T extends object>(port: T, faultOf: (method: string) => OperationFault | undefined = () => undefined) =>
      new Proxy(port, {
        get: (target, method) => {
          const value: unknown = Reflect.get(target, method);
          if (typeof value !== 'function' || method === 'ledger') return value;
          const call = value as (...args: unknown[]) => Promise<unknown>;
          return (...args: unknown[]) => operate(() => call(...args), faultOf(String(method)));
        },
      }),
  };
  void run(actor).then(
    () => end(undefined),
    (error: unknown) => end(error ?? new Error('unknown')),
  );
  function end(error: unknown): void {
    if (isOver) return;
    isOver = true;
    onEnd(error);
  }
  return actor;
}

/** How a crashed process ends, to `onEnd`. */
export const CRASHED = Symbol('crashed');
