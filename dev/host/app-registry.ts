import {
  hookNames,
  type Disposable,
  type FunctionCallback,
  type FunctionMetadata,
  type HookCallback,
  type HookName,
  type LogCategory,
  type ProgrammingModel,
} from './core-types.ts';
import type { HostLog, LogLevel } from './log.ts';

/** A function of the app. */
export interface RegisteredFunction {
  readonly metadata: FunctionMetadata;
  readonly callback: FunctionCallback;
}

/** What an app has registered with the host. */
export interface AppRegistry {
  readonly functions: Map<string, RegisteredFunction>;
  readonly hooks: Readonly<Record<HookName, HookCallback[]>>;
  /** Shared by all hooks of the app. */
  readonly appHookData: Record<string, unknown>;
  /** Shared by the hooks for start and end of the app. */
  readonly appLevelHookData: Record<string, unknown>;
  readonly log: HostLog;
  model: ProgrammingModel | undefined;
  /** Set once the app is loaded: nothing can be registered any more. */
  locked: boolean;
}

/** Names that the host accepts for a function. */
const functionName = /^(?!host$)[a-z][a-z0-9_-]{0,127}$/i;

/** Creates the registry of an app that is about to be loaded. */
export function createAppRegistry(log: HostLog): AppRegistry {
  return {
    functions: new Map(),
    hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
    appHookData: {},
    appLevelHookData: {},
    log,
    model: undefined,
    locked: false,
  };
}

function assertRegistrable(app: AppRegistry, name: string): void {
  if (app.locked) {
    throw new Error(`Function "${name}": a function can only be registered while the app starts.`);
  }
  if (!functionName.test(name)) {
    throw new Error(`Function "${name}": a name starts with a letter, then letters, digits, _ or -, at most 128.`);
  }
  const known = [...app.functions.keys()].find((other) => other.toLowerCase() === name.toLowerCase());
  if (known !== undefined) {
    throw new Error(`Function "${name}": a function with id "${known}" has already been registered.`);
  }
}

/** Adds a function. @throws Error when the name is taken (in any case), not allowed, or the app is loaded already. */
export function registerFunction(app: AppRegistry, metadata: FunctionMetadata, callback: FunctionCallback): Disposable {
  const id = metadata.functionId ?? metadata.name;
  assertRegistrable(app, id);
  app.functions.set(id, { metadata, callback });
  return { dispose: () => void app.functions.delete(id) };
}

/** Adds a hook. @throws RangeError for a name the host does not know, which the library turns into its own words. */
export function registerHook(app: AppRegistry, name: string, callback: HookCallback): Disposable {
  const known = hookNames.find((hook) => hook === name);
  if (known === undefined) {
    throw new RangeError(`Unrecognized hook "${name}": known are ${hookNames.join(', ')}.`);
  }
  const hooks = app.hooks[known];
  hooks.push(callback);
  return {
    dispose: () => {
      const index = hooks.indexOf(callback);
      if (index >= 0) {
        hooks.splice(index, 1);
      }
    },
  };
}

/** Runs the hooks of a name one after another, in the order they were registered. */
export async function runHooks(app: AppRegistry, name: HookName, context: object): Promise<void> {
  for (const callback of [...app.hooks[name]]) {
    await callback(context);
  }
}

/** The context of the hooks for start and end of the app. */
export function createAppHookContext(app: AppRegistry, more: object = {}): object {
  return { hookData: app.appLevelHookData, appHookData: app.appHookData, ...more };
}

/** What `app.hook.log` sees of a line; a hook may change level and message. */
interface LogHookContext {
  readonly hookData: Record<string, unknown>;
  level: LogLevel;
  message: string;
  readonly category: LogCategory;
  readonly invocationContext: unknown;
}

/** A line on its way to the log. */
export interface AppLogLine {
  readonly level: LogLevel;
  readonly kind: LogCategory;
  readonly category: string;
  readonly message: string;
  readonly invocationId?: string;
  readonly invocationContext?: unknown;
}

/** Writes a line of app or library, after the app's log hooks have seen it. */
export function writeAppLog(app: AppRegistry, line: AppLogLine): void {
  const { level, kind, message, invocationContext } = line;
  const context: LogHookContext = { hookData: {}, level, message, category: kind, invocationContext };
  for (const callback of app.hooks.log) {
    try {
      callback(context);
    } catch {
      // A broken hook must not break the invocation that logs.
    }
  }
  app.log({
    time: new Date().toISOString(),
    level: context.level,
    category: line.category,
    message: context.message,
    ...(line.invocationId === undefined ? {} : { invocationId: line.invocationId }),
  });
}
