import { isLetIn } from './account.ts';
import { authFamily, edrFamily } from './edr-family.ts';
import { jsonAnswer, type Answer } from './exchange.ts';
import { xmlAnswer } from './vm-answers.ts';
import { vmFamily } from './vm-family.ts';
import type { Route, Visit } from './world.ts';

/** Gives a token as bare text with 201, as the gateway does. */
function logIn(visit: Visit): Answer {
  const { call, world } = visit;
  const [username = '', password = '', token = ''] = ['username', 'password', 'token'].map(
    (name) => call.parameters.get(name) ?? '',
  );
  if (username === '') return edrFamily.fail(400, 'username must not be empty', visit);
  if (token !== 'true') return edrFamily.fail(400, 'token must be true', visit);
  if (!isLetIn(world, username, password)) {
    return edrFamily.fail(401, 'wrong credentials', visit);
  }
  world.counters.tokensIssued += 1;
  return { status: 201, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: world.tokens.issue('user') };
}

/** Gives a token to an API client, which names itself in headers beside an empty form. */
function logInClient(visit: Visit, match: RegExpExecArray): Answer {
  const { call, world } = visit;
  const { clientid, clientsecret } = call.headers;
  const { clientId, clientSecret, clientKind } = world.settings;
  if (call.headers['content-type']?.startsWith('application/x-www-form-urlencoded') !== true) {
    return edrFamily.fail(415, 'Content-Type must be application/x-www-form-urlencoded', visit);
  }
  if (match[1] !== clientKind || clientid !== clientId) return jsonAnswer(401, { message: 'Invalid Client ID' });
  if (clientsecret !== clientSecret) return jsonAnswer(401, { message: 'Invalid Client Secret' });
  world.counters.tokensIssued += 1;
  return { status: 200, headers: { 'content-type': 'text/plain;charset=UTF-8' }, body: world.tokens.issue('client') };
}

function showVersions({ origin }: Visit): Answer {
  return xmlAnswer([
    `<?xml version="1.0" encoding="UTF-8" ?>\n<!DOCTYPE ABOUT SYSTEM "${origin}/about.dtd">\n<ABOUT>
  <API-VERSION MAJOR="1" MINOR="4" />
  <WEB-VERSION>10.0.0.0-1</WEB-VERSION>
  <SCANNER-VERSION>12.0.0-1</SCANNER-VERSION>
  <VULNSIGS-VERSION>2.5.0-1</VULNSIGS-VERSION>
</ABOUT>\n`,
  ]);
}

/** What belongs to no feed: the login, and the versions of the server. */
export const COMMON_ROUTES: readonly Route[] = [
  { name: 'auth', methods: ['POST'], pattern: /^\/auth$/u, family: authFamily, answer: logIn },
  {
    name: 'auth-client',
    methods: ['POST'],
    pattern: /^\/auth\/(oidc|oauth)$/u,
    family: authFamily,
    answer: logInClient,
  },
  {
    name: 'about',
    api: 'about',
    methods: ['GET', 'POST'],
    pattern: /^\/msp\/about\.php$/u,
    family: vmFamily,
    answer: showVersions,
  },
];
