import { app, type HttpFunctionOptions } from '@azure/functions';
import type { Access } from './caller.ts';
import { lazy, type Handlers } from './load-handlers.ts';
import { signsIn } from './sign-in.ts';

/** A route that is not for everybody. */
export interface RouteOptions extends Pick<HttpFunctionOptions, 'methods' | 'route'> {
  /** What a caller who signs in has to be allowed. */
  readonly access: Access;
  readonly handler: (handlers: Handlers) => HttpFunctionOptions['handler'];
}

/**
 * Registers a route. The host asks for a function key, or for nothing where callers sign in: then the handler does, so that one reading
 * of the setting decides both.
 */
export function registerRoute(name: string, { access, handler, ...options }: RouteOptions): void {
  const isSignIn = signsIn(process.env.CALLER_AUTH);
  app.http(name, {
    ...options,
    authLevel: isSignIn ? 'anonymous' : 'function',
    handler: lazy((handlers) => (isSignIn ? handlers.callers.onlyFor(access, handler(handlers)) : handler(handlers))),
  });
}
