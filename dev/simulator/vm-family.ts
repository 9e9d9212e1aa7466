import { isLetIn } from './account.ts';
import type { Answer } from './exchange.ts';
import { htmlAnswer } from './exchange.ts';
import type { ParameterError } from './vm-parameters.ts';
import { simpleReturn } from './vm-answers.ts';
import type { Family, Visit } from './world.ts';

/** User and password, or a token of the gateway's. */
function isAccount({ call, world }: Visit): boolean {
  const token = /^Bearer (\S+)$/u.exec(call.headers.authorization ?? '')?.[1];
  if (token !== undefined) return world.tokens.isValid(token, 'vm');
  const credentials = /^Basic (.+)$/iu.exec(call.headers.authorization ?? '')?.[1];
  const given = Buffer.from(credentials ?? '', 'base64').toString('utf8');
  const colon = given.indexOf(':');
  return isLetIn(world, given.slice(0, colon), given.slice(colon + 1));
}

/** The interface of version 1 does not ask for the header that all later ones need. */
function lacksHeader({ call }: Visit): boolean {
  return call.path.startsWith('/api/') && call.headers['x-requested-with'] === undefined;
}

function fail(status: number, message: string, { world }: Visit): Answer {
  if (status === 401) return simpleReturn(world.clock.now(), '2000', message, { status });
  if (status >= 500 || status === 404) return htmlAnswer(status, message);
  return simpleReturn(world.clock.now(), '1908', message, { status });
}

/** The VM API's way of saying no: SIMPLE_RETURN with a code, 409 for both limits. */
export const vmFamily: Family = {
  challenge: (visit) => {
    const now = visit.world.clock.now();
    if (!isAccount(visit)) return fail(401, 'Bad Login/Password', visit);
    return lacksHeader(visit) ? simpleReturn(now, '1903', 'Missing required header: X-Requested-With') : undefined;
  },
  refuse: (admission, { world }) => {
    const now = world.clock.now();
    const { headers } = admission;
    if (admission.kind === 'concurrency') {
      const calls = String(admission.callsToFinish);
      const text = `This API cannot be run again until ${calls} running call(s) have finished.`;
      return simpleReturn(now, '1960', text, { headers, items: { CALLS_TO_FINISH: calls } });
    }
    const seconds = String(admission.secondsToWait);
    const text = `This API cannot be run again for another ${seconds} seconds.`;
    return simpleReturn(now, '1965', text, { headers, items: { SECONDS_TO_WAIT: seconds } });
  },
  fail,
};

/** The answer to a wrong parameter. */
export function parameterAnswer(error: ParameterError, now: number): Answer {
  return simpleReturn(now, error.code, error.message);
}
