import { lookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.ts';

/** The host leads where no public webhook is. Its message goes on from the name of the host. */
export class NotPublicError extends Error {
  override name = 'NotPublicError';
  constructor() {
    super('leads to a private address, which is allowed with ALERT_WEBHOOK_PRIVATE=true only');
  }
}

/** Resolves a name to all of its addresses, as `dns.lookup` does. */
export type Resolve = (
  name: string,
  options: { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses?: LookupAddress[]) => void,
) => void;

/**
 * The look-up of a connection that leads to public addresses only. The connection goes to the very addresses that are checked here, so
 * a name cannot resolve to another one in between. One private address among others is refused like all: any of them may be taken.
 */
export function lookUpPublic(resolve: Resolve = lookup): LookupFunction {
  return (name, options, done) => {
    resolve(name, { ...options, all: true }, (error, addresses = []) => {
      const [first] = addresses;
      const arePublic = addresses.every(({ address }) => isPublicAddress(address));
      if (error !== null || first === undefined || !arePublic) done(error ?? new NotPublicError(), []);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };
}
