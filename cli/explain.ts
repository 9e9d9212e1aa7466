/** What went wrong on the way to the connector, in words. */
import { isLoopback } from '../src/lib/setting-kinds.ts';
import { CliError, EXIT } from './cli-error.ts';
import { nameLogin, type Login } from './login.ts';
import { printable, span } from './text.ts';

/** How soon something that passes is worth another try. */
const SOON = { retryAfterMs: 0 };

/** The connector's own refusal (RFC 9457). */
export function explainProblem(problem: {
  readonly status: number;
  readonly detail: string;
  readonly errors?: readonly string[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}): CliError {
  const { status, detail, errors = [], retryAfterSeconds } = problem;
  const message = errors.length > 1 ? errors.map((error) => `\n  ${printable(error)}`).join('') : printable(detail);
  const wait = retryAfterSeconds === undefined ? {} : { hint: `Try again in ${span(retryAfterSeconds)}.` };
  if (status < 500 && status !== 429) {
    const exitCode = [401, 403].includes(status) ? EXIT.unreachable : status === 409 ? EXIT.problem : EXIT.usage;
    return new CliError(exitCode, `the connector refuses: ${message}`);
  }
  const passing = { retryAfterMs: (retryAfterSeconds ?? 0) * 1000 };
  return new CliError(EXIT.problem, `the connector cannot do it now (HTTP ${status}): ${message}`, {
    ...wait,
    passing,
  });
}

/** A redirect, 401 or 403, which the platform answers before the connector is asked. */
export function explainRefusal(status: number, url: string, location: string | null, login: Login = {}): CliError {
  if (status === 401) {
    const given = nameLogin(login);
    const said = given === '' ? 'wants a key or a sign-in, and none was given' : `does not accept the ${given}`;
    return new CliError(EXIT.unreachable, `${url} ${said} (HTTP 401)`, {
      hint: 'Set CONNECTOR_KEY to a key of the function app: az functionapp keys list -g <group> -n <app>\nWhere callers sign in with Entra ID, set CONNECTOR_TOKEN: az account get-access-token --resource api://<client id> --query accessToken -o tsv',
    });
  }
  if (status === 403) {
    return new CliError(EXIT.unreachable, `${url} refuses access (HTTP 403)`, {
      hint: 'The app is stopped, or its network rules do not let this machine in.',
    });
  }
  const target = location !== null && URL.canParse(location, url) ? new URL(location, url).origin : 'elsewhere';
  return new CliError(
    EXIT.unreachable,
    `${url} redirects to ${target} (HTTP ${status}), which the connector never does`,
    {
      hint: 'Give the address of the function app itself.',
    },
  );
}

/** A deployment was asked for what only the local app has. */
export function explainNotLocal(url: string): CliError {
  return new CliError(EXIT.usage, `${url} is not the local app with its own tables, and this looks into these`, {
    hint: 'Start it with npm start, without LOGS_INGESTION_ENDPOINT. In Azure ask the workspace: docs/tables.md has the queries.',
  });
}

/** An answer that is not the connector's: a web page, a proxy's text, half a JSON. */
export function explainForeign(
  came: { readonly status: number; readonly type: string; readonly text: string },
  url: string,
): CliError {
  const { status, type, text } = came;
  const title = /<title[^>]*>([^<]{1,200})/i.exec(text)?.[1]?.trim();
  const first = printable((title ?? text).slice(0, 100).trim());
  const kind = type.includes('html')
    ? 'a web page'
    : type.includes('json')
      ? 'broken or foreign JSON'
      : 'something other than JSON';
  const what = `${url} answers ${kind} (HTTP ${status})${first === '' ? '' : `: ${first}`}`;
  if (status === 404) {
    const hint = 'Check the address. Right after a deployment the app may need a minute.';
    return new CliError(EXIT.unreachable, `there is no connector at ${url} (HTTP 404)`, { hint });
  }
  if (status >= 500 || status === 429) {
    return new CliError(EXIT.unreachable, what, {
      hint: 'The app is starting, stopped or failing. Try again.',
      passing: SOON,
    });
  }
  return new CliError(EXIT.unreachable, what, { hint: 'Check the address; a proxy or login page may answer.' });
}

const NETWORK: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the name could not be looked up',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to the network',
};

/** No answer at all. */
export function explainNetwork(error: unknown, url: string, timeoutMs: number): CliError {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return new CliError(EXIT.unreachable, `${url} did not answer within ${span(timeoutMs / 1000)}`, {
      hint: 'After a pause the app needs some seconds to start. Try again, or allow more with --timeout.',
      passing: SOON,
    });
  }
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const { code, message } = cause as { readonly code?: string; readonly message?: string };
  const reason = NETWORK[code ?? ''] ?? printable(message ?? String(cause));
  return new CliError(EXIT.unreachable, `cannot reach ${url}: ${reason}${code === undefined ? '' : ` (${code})`}`, {
    hint: hintFor(code ?? '', url),
    passing: SOON,
  });
}

function hintFor(code: string, url: string): string {
  if (isLoopback(url)) return 'Start the local app with npm start, or name a deployment with --url or CONNECTOR_URL.';
  if (/SELF_SIGNED|ISSUER|LEAF_SIGNATURE/.test(code))
    return 'Name the certificate authority of your network in NODE_EXTRA_CA_CERTS.';
  return 'Check the address. Behind a proxy set NODE_USE_ENV_PROXY=1 and HTTPS_PROXY.';
}
