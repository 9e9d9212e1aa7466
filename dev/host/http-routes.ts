import type { RegisteredFunction } from './app-registry.ts';
import { findTrigger, getText } from './bindings.ts';
import { compileRoute, type Route } from './route.ts';

/** A function that HTTP requests can start. */
export interface HttpRoute {
  readonly target: RegisteredFunction;
  /** Name of the trigger's binding. */
  readonly bindingName: string;
  /** Path with the prefix, without a leading slash. */
  readonly template: string;
  /** Upper case; undefined: all. */
  readonly methods: readonly string[] | undefined;
  readonly isAnonymous: boolean;
  readonly route: Route;
}

/** A request's route with the values of its parameters. */
export interface RouteMatch {
  readonly route: HttpRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** Prepares the route of a function with an HTTP trigger. @throws Error for a template that cannot be read. */
export function createHttpRoute(target: RegisteredFunction, routePrefix: string): HttpRoute {
  const { name, binding } = findTrigger(target);
  const path = (getText(binding, 'route') ?? target.metadata.name).replace(/^\//, '');
  const template = routePrefix === '' ? path : `${routePrefix.replace(/^\/|\/$/g, '')}/${path}`;
  const methods = Array.isArray(binding.methods) ? binding.methods.map((method) => String(method)) : undefined;
  return {
    target,
    bindingName: name,
    template,
    methods: methods?.map((method) => method.toUpperCase()),
    isAnonymous: getText(binding, 'authLevel')?.toLowerCase() === 'anonymous',
    route: compileRoute(template),
  };
}

/**
 * The first route, in the order of registration, that fits method and path. A wrong method is no fit: like the real
 * host, this one answers 404 and never 405.
 */
export function findRoute(
  routes: readonly HttpRoute[],
  method: string,
  segments: readonly string[],
): RouteMatch | undefined {
  for (const route of routes) {
    const params =
      route.methods === undefined || route.methods.includes(method) ? route.route.match(segments) : undefined;
    if (params !== undefined) {
      return { route, params };
    }
  }
  return undefined;
}
