import { randomBytes, randomUUID } from 'node:crypto';
import { describeError } from '../describe-error.ts';
import { runHooks, writeAppLog, type AppRegistry, type RegisteredFunction } from './app-registry.ts';
import type {
  CoreInvocationContext,
  FunctionCallback,
  InvocationResponse,
  LogCategory,
  NamedData,
  TypedData,
} from './core-types.ts';
import { createCategoryLog, type LogLevel } from './log.ts';
import { waitAtMost } from './wait.ts';

/** What starts one invocation. */
export interface InvocationRequest {
  readonly inputData: readonly NamedData[];
  readonly triggerMetadata?: Readonly<Record<string, TypedData>>;
  /** A UUID; made when absent. */
  readonly invocationId?: string;
  /** W3C trace context of the caller. */
  readonly traceParent?: string;
  readonly traceState?: string;
  /** For the log: why the function runs. */
  readonly reason: string;
}

/** Runs functions of one app and knows which are running. */
export interface Invoker {
  /** Runs a function once. Rejects with what the handler threw, or when it ran longer than allowed. */
  readonly invoke: (target: RegisteredFunction, request: InvocationRequest) => Promise<InvocationResponse>;
  /** Waits for all running invocations, at most so many milliseconds; resolves with how many still run. */
  readonly drain: (timeoutMs: number) => Promise<number>;
}

/** Settings of an invoker. */
export interface InvokerOptions {
  /** Longest run in milliseconds; undefined: unlimited. */
  readonly timeoutMs: number | undefined;
  /** Called after every invocation. */
  readonly onSettled: (target: RegisteredFunction) => void;
}

const traceParentPattern = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** A child of the caller's trace, or a trace of its own. */
export function createTraceParent(parent: string | undefined): string {
  const match = traceParentPattern.exec(parent ?? '');
  const traceId = match?.[1] ?? randomBytes(16).toString('hex');
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${match?.[2] ?? '00'}`;
}

/** The invocation context of the library, as far as hooks need it. */
interface Running {
  context: unknown;
}

function createContext(
  app: AppRegistry,
  target: RegisteredFunction,
  request: InvocationRequest,
  running: Running,
): CoreInvocationContext {
  const { metadata } = target;
  const invocationId = request.invocationId ?? randomUUID();
  const log = (level: LogLevel, kind: LogCategory, message: string): void => {
    const category = kind === 'user' ? `Function.${metadata.name}.User` : `Function.${metadata.name}`;
    writeAppLog(app, { level, kind, category, message, invocationId, invocationContext: running.context });
  };
  return {
    invocationId,
    request: {
      invocationId,
      functionId: metadata.functionId ?? metadata.name,
      inputData: request.inputData,
      triggerMetadata: request.triggerMetadata ?? {},
      traceContext: {
        traceParent: createTraceParent(request.traceParent),
        traceState: request.traceState ?? '',
      },
    },
    metadata,
    state: undefined,
    log,
  };
}

/** Runs hooks or handler with the state that the library looks at. */
async function during<T>(
  context: CoreInvocationContext,
  state: NonNullable<CoreInvocationContext['state']>,
  run: () => Promise<T>,
): Promise<T> {
  context.state = state;
  try {
    return await run();
  } finally {
    context.state = undefined;
  }
}

/**
 * The order of the worker: arguments, hooks before, handler, hooks after (which may change result and error), answer.
 * Like there, a handler that throws null or undefined has not failed.
 */
async function run(
  app: AppRegistry,
  target: RegisteredFunction,
  core: CoreInvocationContext,
  running: Running,
): Promise<InvocationResponse> {
  if (app.model === undefined) {
    throw new Error('The app has no programming model.');
  }
  const model = await app.model.getInvocationModel(core);
  const { context, inputs } = await model.getArguments();
  running.context = context;
  const shared = { hookData: {}, appHookData: app.appHookData, invocationContext: context };
  const before: { functionCallback: FunctionCallback; inputs: unknown[] } = {
    ...shared,
    functionCallback: target.callback,
    inputs,
  };
  await during(core, 'preInvocationHooks', () => runHooks(app, 'preInvocation', before));
  const after: { result: unknown; error: unknown } = {
    ...shared,
    ...{ inputs: before.inputs },
    result: null,
    error: null,
  };
  try {
    after.result = await during(core, 'invocation', () =>
      model.invokeFunction(context, before.inputs, before.functionCallback),
    );
  } catch (error) {
    after.error = error;
  }
  await during(core, 'postInvocationHooks', () => runHooks(app, 'postInvocation', after));
  if (after.error !== null && after.error !== undefined) {
    // eslint-disable-next-line @typescript-eslint/only-throw-error -- whatever the handler threw, unchanged
    throw after.error;
  }
  return await model.getResponse(context, after.result);
}

async function limitTime<T>(work: Promise<T>, timeoutMs: number | undefined, name: string): Promise<T> {
  if (timeoutMs === undefined) {
    return await work;
  }
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    const text = `Timeout value of ${timeoutMs / 1000} s was exceeded by function: Functions.${name}`;
    timer = setTimeout(() => reject(new Error(text)), timeoutMs);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    clearTimeout(timer);
  }
}

/** Creates the invoker of an app. */
export function createInvoker(app: AppRegistry, options: InvokerOptions): Invoker {
  const active = new Set<Promise<unknown>>();

  const invokeLogged = async (target: RegisteredFunction, request: InvocationRequest): Promise<InvocationResponse> => {
    const { name } = target.metadata;
    const log = createCategoryLog(app.log, `Function.${name}`);
    const running: Running = { context: undefined };
    const core = createContext(app, target, request, running);
    const id = core.invocationId;
    const startedAt = performance.now();
    const took = (): string => `Id=${id}, Duration=${Math.round(performance.now() - startedAt)}ms`;
    log('information', `Executing 'Functions.${name}' (Reason='${request.reason}', Id=${id})`, id);
    try {
      const response = await limitTime(run(app, target, core, running), options.timeoutMs, name);
      log('information', `Executed 'Functions.${name}' (Succeeded, ${took()})`, id);
      return response;
    } catch (error) {
      log('error', `Executed 'Functions.${name}' (Failed, ${took()}) ${describeError(error)}`, id);
      throw error;
    }
  };

  return {
    invoke: (target, request) => {
      const work = invokeLogged(target, request).finally(() => options.onSettled(target));
      const settled: Promise<void> = work.then(
        () => void active.delete(settled),
        () => void active.delete(settled),
      );
      active.add(settled);
      return work;
    },
    drain: async (timeoutMs) => {
      await waitAtMost(Promise.all(active), timeoutMs);
      return active.size;
    },
  };
}
