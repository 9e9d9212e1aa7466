import * as z from 'zod';
import type { Access, Caller } from '../caller.ts';
import { jsonIn } from '../json/json-in.ts';
import { ProblemError } from './problem.ts';

/** The value of a header, by its lower-case name. */
export type ReadHeader = (name: string) => string | undefined;

/** App roles of the registration in Entra ID that allow it. Who operates may look. */
const ROLES: Readonly<Record<Access, readonly string[]>> = { read: ['Read', 'Operate'], operate: ['Operate'] };

/** Roles as the token names the claim, and as the platform maps it (Microsoft: "Work with user identities in Azure App Service"). */
const ROLE_CLAIMS = ['roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'];
/** The client of an app's own token, which has no name: version 2 and 1. */
const CLIENT_CLAIMS = ['azp', 'appid'];
const ID_CLAIMS = ['oid', 'http://schemas.microsoft.com/identity/claims/objectidentifier'];

/** What the platform tells of a caller in `X-MS-CLIENT-PRINCIPAL`. */
const principalSchema = z.object({ claims: z.array(z.object({ typ: z.string(), val: z.string() })) });

type Claims = z.output<typeof principalSchema>['claims'];

/**
 * Lets a caller in who signed in with Entra ID and has a role.
 *
 * The header is as good as the platform's authentication, which takes a forged one out. Whether that is on, the platform says in
 * `WEBSITE_AUTH_ENABLED` ("read-only", Microsoft: environment variables of App Service); the Functions host looks there too before it
 * believes the header. Without it anybody could have written the header, and nobody is let in.
 * @throws ProblemError (401, 403, 503) that says what is missing.
 */
export function admit(access: Access, header: ReadHeader): Caller {
  if (!/^true$/i.test(process.env.WEBSITE_AUTH_ENABLED?.trim() ?? '')) {
    throw new ProblemError(
      503,
      'callers have to sign in with Entra ID (CALLER_AUTH is entra), but the authentication of the function app is off (WEBSITE_AUTH_ENABLED is not true), so nobody is let in: switch it on (Authentication in the portal), or deploy without signInClientId to let keys in',
    );
  }
  // A browser sends the cookie of the sign-in along with what another site's page asks for, and says so here. To look costs calls of
  // Qualys too.
  if (!['same-origin', 'none', undefined].includes(header('sec-fetch-site'))) {
    throw new ProblemError(
      403,
      "the page of another site asked for this (Sec-Fetch-Site); only the app's own page may",
    );
  }
  const claims = claimsIn(header('x-ms-client-principal'));
  if (claims === undefined) {
    throw new ProblemError(
      401,
      'sign in with Entra ID: send a token for the connector as Authorization: Bearer, or open /.auth/login/aad in the browser; a function key opens nothing here',
    );
  }
  const caller = callerOf(claims, header('x-ms-client-principal-name'));
  const roles = claims.filter(({ typ }) => ROLE_CLAIMS.includes(typ)).map(({ val }) => val);
  if (!ROLES[access].some((role) => roles.includes(role))) {
    const has = roles.length === 0 ? 'none' : roles.join(', ').slice(0, 200);
    throw new ProblemError(
      403,
      `${caller.name} needs the app role ${ROLES[access].join(' or ')}, and has ${has}: assign it in Entra ID (Enterprise applications, Users and groups), then sign in again`,
    );
  }
  return caller;
}

function claimsIn(header = ''): Claims | undefined {
  // Node.js reads over what is no Base64, also over a second header behind a comma.
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(header)) return undefined;
  return principalSchema.safeParse(jsonIn(Buffer.from(header, 'base64').toString('utf8'))).data?.claims;
}

function callerOf(claims: Claims, name: string | undefined): Caller {
  const claim = (names: readonly string[]): string | undefined => claims.find(({ typ }) => names.includes(typ))?.val;
  const id = claim(ID_CLAIMS) ?? 'unknown';
  const told = name?.trim() ?? '';
  return { id, name: (told === '' ? (claim(CLIENT_CLAIMS) ?? id) : told).slice(0, 200) };
}
