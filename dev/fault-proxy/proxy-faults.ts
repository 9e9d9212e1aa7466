import type { FaultTarget } from '../simulator/fault-rules.ts';

/** What a proxy does to a request instead of passing it on and its answer back. */
export type ProxyAction =
  /** Answered in the target's place; the target never sees the request. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset; the target never sees the request. */
  | { readonly kind: 'cut-before' }
  /** The target has done its work, but the connection is reset before the answer. */
  | { readonly kind: 'cut-after' }
  /** Half of the answer's body comes, then the connection is reset. */
  | { readonly kind: 'cut-body' }
  /** Half of the answer's body comes, then nothing more. */
  | { readonly kind: 'stall-body' }
  /** Nothing is answered; with `isForwarded` the target has done its work. */
  | { readonly kind: 'stall'; readonly isForwarded?: boolean }
  /** The request is passed on so much later, in milliseconds. */
  | { readonly kind: 'delay'; readonly ms: number }
  /** Nothing is changed: for hooks. */
  | { readonly kind: 'pass' };

/** A request as a rule's hooks see it. */
export interface ProxiedRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  /** Empty for a body that is compressed. */
  readonly body: string;
  /** Resolves when the client's connection is gone, or its answer sent. */
  readonly gone: Promise<void>;
}

/**
 * A fault of the proxy. `route` is a regular expression for the text `METHOD /path?query`, a line break, and the body where it is text.
 */
export type ProxyFault = FaultTarget &
  ProxyAction & {
    /** Awaited before the request is passed on or answered. */
    readonly onRequest?: (request: ProxiedRequest) => unknown;
    /** Awaited when the target has answered, before its answer is passed back. */
    readonly onAnswer?: (request: ProxiedRequest, status: number) => unknown;
  };
