import type { AddressInfo } from 'node:net';
import { createServer, request as send } from 'node:http';

/** A caller as Entra ID would tell of one. */
export interface PlayedCaller {
  readonly name: string;
  readonly roles: readonly string[];
}

/** `X-MS-CLIENT-PRINCIPAL` as Microsoft documents it: claims in JSON, as Base64. */
export function principalOf({ roles }: Pick<PlayedCaller, 'roles'>, roleClaim = 'roles'): string {
  const claims = [{ typ: 'oid', val: 'object-1' }, ...roles.map((val) => ({ typ: roleClaim, val }))];
  return Buffer.from(JSON.stringify({ auth_typ: 'aad', name_typ: 'name', role_typ: 'roles', claims })).toString(
    'base64',
  );
}

/**
 * Plays the platform's authentication before an app: takes the headers out that callers must not set, tells who a known token is of, and
 * refuses everybody else but at the paths that are left out. A browser signs in as the one whose token is the first, and has it in a cookie.
 */
export async function startPlatform(
  target: () => string,
  callers: Readonly<Record<string, PlayedCaller>>,
  excluded: readonly string[] = [],
): Promise<{ readonly url: string; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://played');
    const [token = ''] = Object.keys(callers);
    if (url.pathname === '/.auth/login/aad') {
      const location = url.searchParams.get('post_login_redirect_uri') ?? '/';
      response.writeHead(302, { location, 'set-cookie': `session=${token}; Path=/; HttpOnly` }).end();
      return;
    }
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !name.startsWith('x-ms-')));
    const { authorization = '', cookie = '' } = request.headers;
    const caller = callers[/^(?:Bearer |session=)(.*)$/.exec(authorization === '' ? cookie : authorization)?.[1] ?? ''];
    if (caller !== undefined) {
      Object.assign(headers, {
        'x-ms-client-principal': principalOf(caller),
        'x-ms-client-principal-name': caller.name,
      });
    } else if (!excluded.includes(url.pathname)) {
      response.writeHead(401, { 'www-authenticate': 'Bearer realm="played"' }).end();
      return;
    }
    const onward = send(`${target()}${request.url ?? ''}`, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((done) => server.close(() => done())),
  };
}
