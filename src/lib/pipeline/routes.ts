import type { OutageError } from '../errors.ts';
import type { ApiName } from './stream.ts';

/** An API as people call it. */
export function apiWord(api: ApiName): string {
  return `${api.toUpperCase()} API`;
}

/** A route of the vendor's: what answers or fails as one. */
export type RouteName = `${ApiName}/${string}`;

/** Which routes of the vendor answer, shared over all instances. */
export interface Routes {
  /** Whether the route is known to be out. */
  readonly isOut: (route: RouteName) => Promise<boolean>;
  /** Passes for a route that is not out, and for the one caller whose turn it is to try one that is. @throws OutageError for all others. */
  readonly enter: (route: RouteName) => Promise<void>;
  /** Takes note of an answer to a call that began at `startedAt`, in epoch milliseconds. @returns how long the route was out, if it was. */
  readonly answered: (route: RouteName, startedAt: number) => Promise<number | undefined>;
  /** Whether a call that began at or after this moment was answered, as far as this process knows. */
  readonly hasAnswered: (route: RouteName, since: number) => boolean;
  /** Takes note that the route did not answer. @returns what callers are told, and whether it was not known yet. */
  readonly failed: (
    route: RouteName,
    error: Error,
  ) => Promise<{ readonly outage: OutageError; readonly isNew: boolean }>;
}
