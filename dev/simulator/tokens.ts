import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SimulatorClock } from './clock.ts';
import type { SimulatorSettings } from './settings.ts';

/** Gives out tokens and knows them again. */
export interface TokenOffice {
  /** A JWT that expires after the settings' time to live, by the simulator's clock. */
  readonly issue: (holder: 'user' | 'client') => string;
  /** Whether a token may be used with an API. */
  readonly isValid: (token: string, api: 'vm' | 'edr') => boolean;
  /** Lets every token given out so far expire at once. */
  readonly expireAll: () => void;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function claimsOf(payload: string): { readonly exp?: unknown; readonly holder?: unknown } {
  const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'));
  return typeof claims === 'object' && claims !== null ? claims : {};
}

/** Tokens are signed with the seed, so that a simulator started anew with the same seed still knows them. */
export function createTokenOffice(settings: SimulatorSettings, clock: SimulatorClock): TokenOffice {
  let generation = 0;
  const sign = (text: string): string =>
    createHmac('sha256', `simulator-${settings.seed}-${generation}`).update(text).digest('base64url');
  return {
    issue: (holder) => {
      const issuedAt = Math.floor(clock.now() / 1_000);
      const claims = {
        sub: holder === 'user' ? settings.username : settings.clientId,
        holder,
        iss: 'qas',
        aud: 'qas',
        iat: issuedAt,
        exp: issuedAt + settings.tokenTtlSeconds,
        modulesAllowed: ['EDR', 'VM'],
      };
      const text = `${encode({ typ: 'JWT', alg: 'HS256' })}.${encode(claims)}`;
      return `${text}.${sign(text)}`;
    },
    isValid: (token, api) => {
      const [header = '', payload = '', signature = ''] = token.split('.');
      const given = Buffer.from(signature);
      const right = Buffer.from(sign(`${header}.${payload}`));
      const isOurs = given.length === right.length && timingSafeEqual(given, right);
      if (!isOurs) return false;
      const { exp, holder } = claimsOf(payload);
      if (Number(exp) * 1_000 <= clock.now()) return false;
      return holder === 'user' || settings.clientApis === 'both' || settings.clientApis === api;
    },
    expireAll: () => {
      generation += 1;
    },
  };
}
