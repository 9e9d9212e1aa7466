import type { RegisteredFunction } from './app-registry.ts';
import type { Binding } from './core-types.ts';

/** The trigger of a function with the name of its binding. */
export interface Trigger {
  readonly name: string;
  readonly binding: Binding;
  /** Lower case: `httptrigger`, `timertrigger`, `queuetrigger`, … */
  readonly type: string;
}

/** Triggers that this host runs. */
export const knownTriggers = ['httptrigger', 'timertrigger', 'queuetrigger', 'mcptooltrigger'];

/** Finds the trigger of a function. @throws Error when it has none. */
export function findTrigger(target: RegisteredFunction): Trigger {
  for (const [name, binding] of Object.entries(target.metadata.bindings)) {
    if (/trigger$/i.test(binding.type)) {
      return { name, binding, type: binding.type.toLowerCase() };
    }
  }
  throw new Error(`Function "${target.metadata.name}" has no trigger.`);
}

/** Inputs and outputs that this host does not run: all but the trigger and the HTTP answer. */
export function findUnknownBindings(target: RegisteredFunction): Binding[] {
  const bindings = Object.values(target.metadata.bindings);
  return bindings.filter(({ type }) => !/trigger$/i.test(type) && type.toLowerCase() !== 'http');
}

/** A text option of a binding; undefined where it is absent or of another kind. */
export function getText(binding: Binding, option: string): string | undefined {
  const value = binding[option];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
