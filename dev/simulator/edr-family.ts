import { STATUS_CODES } from 'node:http';
import { jsonAnswer, type Answer } from './exchange.ts';
import type { Family, Visit } from './world.ts';

/** An error of the gateway; `message` is the one field that peers are known to read. */
function fail(status: number, message: string, { call, world }: Visit): Answer {
  if (status === 401) return jsonAnswer(401, { authentication_exceptions: ['InvalidCredentialsException'] });
  const timestamp = new Date(world.clock.now()).toISOString();
  return jsonAnswer(status, { timestamp, status, error: STATUS_CODES[status] ?? '', message, path: call.path });
}

/** The gateway's way of saying no: JSON, 401 without a valid token, 429 for both limits. */
export const edrFamily: Family = {
  challenge: (visit) => {
    const token = /^Bearer (\S+)$/u.exec(visit.call.headers.authorization ?? '')?.[1];
    const isKnown = token !== undefined && visit.world.tokens.isValid(token, 'edr');
    return isKnown ? undefined : fail(401, 'invalid token', visit);
  },
  refuse: (admission, visit) => {
    const reason =
      admission.kind === 'concurrency'
        ? `${admission.callsToFinish} running call(s) must finish first`
        : `no further call for ${admission.secondsToWait} seconds`;
    const answer = fail(429, reason, visit);
    return { ...answer, headers: { ...answer.headers, ...admission.headers } };
  },
  fail,
};

/** `/auth` asks for no token: it gives one. */
export const authFamily: Family = { ...edrFamily, challenge: () => undefined };
