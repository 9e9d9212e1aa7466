import { AsyncLocalStorage } from 'node:async_hooks';

/** What a caller may do: look, or act as well. */
export type Access = 'read' | 'operate';

/** Who calls, as Entra ID knows them. */
export interface Caller {
  /** Name of the person, or the client id of an app. */
  readonly name: string;
  /** Object id in the directory. */
  readonly id: string;
}

const current = new AsyncLocalStorage<Caller>();

/** Runs what a caller asks for, so that the audit log knows whose it is. */
export function withCaller<T>(caller: Caller, run: () => T): T {
  return current.run(caller, run);
}

/** Who asked for what runs now; undefined for the app's own work, and for callers with a key, which has no name. */
export function currentCaller(): Caller | undefined {
  return current.getStore();
}
