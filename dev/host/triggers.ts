import type { AppRegistry, RegisteredFunction } from './app-registry.ts';
import { findTrigger, findUnknownBindings, knownTriggers } from './bindings.ts';
import { HostError } from './host-error.ts';
import type { HostJson } from './host-json.ts';
import { createHttpRoute } from './http-routes.ts';
import type { Invoker } from './invoke.ts';
import type { ListedFunction } from './listing.ts';
import type { CategoryLog } from './log.ts';
import { createQueueTrigger, type QueueTrigger } from './queue-trigger.ts';
import { isDisabled, type Env } from './settings.ts';
import { createTimer, type Timer } from './timers.ts';

/** Functions that shall run here and can. @throws HostError for a wanted function that does not exist. */
export function selectFunctions(
  app: AppRegistry,
  wanted: readonly string[] | undefined,
  env: Env,
  log: CategoryLog,
): RegisteredFunction[] {
  const missing = wanted?.find((name) => !app.functions.has(name));
  if (missing !== undefined) {
    throw new HostError(`There is no function "${missing}": the app has ${[...app.functions.keys()].join(', ')}`);
  }
  const selected = [...app.functions].filter(([name]) => wanted?.includes(name) ?? true).map(([, target]) => target);
  return selected.filter((target) => {
    const { name } = target.metadata;
    const { type } = findTrigger(target);
    for (const binding of findUnknownBindings(target)) {
      log('warning', `Function '${name}': the binding of type ${binding.type} is not run locally.`);
    }
    if (target.metadata.retryOptions !== undefined) {
      log('warning', `Function '${name}': its retry policy is not run locally.`);
    }
    if (isDisabled(env, name) || !knownTriggers.includes(type)) {
      log('warning', `Function '${name}' does not run here: it is disabled, or its ${type} is not run locally.`);
      return false;
    }
    return true;
  });
}

/** The functions of an app by the kind of their trigger. */
export interface Triggers {
  readonly http: readonly RegisteredFunction[];
  readonly timers: readonly Timer[];
  readonly queues: readonly QueueTrigger[];
  readonly mcp: readonly RegisteredFunction[];
}

/** What triggers need of the host. */
export interface TriggerParts {
  readonly invoker: Invoker;
  readonly hostJson: HostJson;
  readonly env: Env;
  readonly log: CategoryLog;
  readonly invisibilityMs: number;
}

/** Prepares all triggers. @throws HostError for a schedule, queue or connection that cannot be used. */
export function createTriggers(targets: readonly RegisteredFunction[], parts: TriggerParts): Triggers {
  const ofType = (type: string): RegisteredFunction[] => targets.filter((target) => findTrigger(target).type === type);
  const queueOptions = { ...parts, settings: parts.hostJson.queues };
  return {
    http: ofType('httptrigger'),
    timers: ofType('timertrigger').map((target) => createTimer(target, parts)),
    queues: ofType('queuetrigger').map((target) => createQueueTrigger(target, queueOptions)),
    mcp: ofType('mcptooltrigger'),
  };
}

/** Starts a timer or queue function by name, without waiting for its end. */
export function createRunByName({ timers, queues }: Triggers): (name: string, input: string) => boolean {
  return (name, input) => {
    const timer = timers.find((other) => other.name === name);
    const queue = queues.find((other) => other.name === name);
    const run = timer?.runOnce() ?? queue?.runOnce(input);
    run?.catch(() => undefined);
    return run !== undefined;
  };
}

/** The functions for the list that is printed at the start. */
export function listFunctions(triggers: Triggers, url: string, routePrefix: string): ListedFunction[] {
  return [
    ...triggers.http.map((target) => {
      const { template, methods } = createHttpRoute(target, routePrefix);
      return { name: target.metadata.name, type: 'httptrigger', methods, url: `${url}/${template}` };
    }),
    ...triggers.timers.map(({ name }) => ({ name, type: 'timertrigger' })),
    ...triggers.queues.map(({ name }) => ({ name, type: 'queuetrigger' })),
    ...triggers.mcp.map(({ metadata }) => ({ name: metadata.name, type: 'mcptooltrigger' })),
  ];
}
