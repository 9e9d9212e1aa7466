import type { LogLevel } from './log.ts';

// The part of `@azure/functions-core` that @azure/functions 4.16 uses; the module exists only inside a worker.

/** A value as it crosses between host and worker: one member is set, none for nothing. */
export interface TypedData {
  readonly string?: string;
  readonly json?: string;
  readonly bytes?: Uint8Array;
  readonly int?: number;
  readonly double?: number;
  readonly http?: HttpData;
}

/** A string that may be absent, in the wrapper of protobuf. */
export interface Nullable<T> {
  readonly value: T;
}

/** A cookie of an answer. */
export interface CookieData {
  readonly name?: string;
  readonly value?: string;
  readonly domain?: Nullable<string>;
  readonly path?: Nullable<string>;
  readonly expires?: Nullable<{ readonly seconds: number }>;
  readonly secure?: Nullable<boolean>;
  readonly httpOnly?: Nullable<boolean>;
  /** `none` means that the attribute is left out. */
  readonly sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone';
  /** Seconds. */
  readonly maxAge?: Nullable<number>;
}

/** A request, or an answer (`statusCode`, `cookies`). */
export interface HttpData {
  readonly method?: string;
  readonly url?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: TypedData | null;
  readonly nullableHeaders?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableParams?: Readonly<Record<string, Nullable<string>>>;
  readonly nullableQuery?: Readonly<Record<string, Nullable<string>>>;
  readonly statusCode?: string;
  readonly cookies?: readonly CookieData[];
}

/** A value with the name of its binding. */
export interface NamedData {
  readonly name: string;
  readonly data: TypedData | null | undefined;
}

/** A trigger, input or output of a function, with the options of its kind. */
export interface Binding {
  readonly type: string;
  readonly direction: 'in' | 'out' | 'inout';
  readonly name?: string;
  readonly [option: string]: unknown;
}

/** What `app.http`, `app.timer`, … hand to the worker. */
export interface FunctionMetadata {
  readonly name: string;
  readonly functionId?: string;
  readonly bindings: Readonly<Record<string, Binding>>;
  readonly retryOptions?: unknown;
}

/** The app's handler; the last argument is the invocation context. */
export type FunctionCallback = (...values: readonly unknown[]) => unknown;

/** What of a log line decides where it goes: the app's own words, or those of library and worker. */
export type LogCategory = 'user' | 'system';

/** What the worker hands to the library for one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string;
  readonly request: {
    readonly invocationId: string;
    readonly functionId: string;
    readonly inputData: readonly NamedData[];
    readonly triggerMetadata: Readonly<Record<string, TypedData>>;
    readonly traceContext: { readonly traceParent: string; readonly traceState: string };
    readonly retryContext?: undefined;
  };
  readonly metadata: FunctionMetadata;
  state: 'preInvocationHooks' | 'invocation' | 'postInvocationHooks' | undefined;
  readonly log: (level: LogLevel, category: LogCategory, message: string) => void;
}

/** The result of an invocation. */
export interface InvocationResponse {
  readonly invocationId: string;
  readonly outputData?: readonly NamedData[];
  readonly returnValue?: TypedData | null;
}

/** The library's side of one invocation. */
export interface InvocationModel {
  readonly getArguments: () => Promise<{ readonly context: unknown; readonly inputs: unknown[] }>;
  readonly invokeFunction: (context: unknown, inputs: unknown[], handler: FunctionCallback) => Promise<unknown>;
  readonly getResponse: (context: unknown, result: unknown) => Promise<InvocationResponse>;
}

/** The library as the worker sees it. */
export interface ProgrammingModel {
  readonly name: string;
  readonly version: string;
  readonly getInvocationModel: (context: CoreInvocationContext) => InvocationModel | Promise<InvocationModel>;
  readonly getCapabilities?: (capabilities: Record<string, string>) => Promise<Record<string, string>>;
}

/** Hooks that an app can register. */
export const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const;

/** Name of a hook. */
export type HookName = (typeof hookNames)[number];

/** A registered hook; what it gets depends on its name. */
export type HookCallback = (context: object) => unknown;

/** Takes a registration back. */
export interface Disposable {
  readonly dispose: () => void;
}
