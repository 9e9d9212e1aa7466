/**
 * Azure Resource Manager by its REST interface, signed in as azd or az is. Values travel in JSON bodies: no shell and no
 * command line ever holds one, so that each arrives to the letter.
 */
import { execFile } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

/** Who is signed in: each prints a token of its own login. On Windows `az` is a batch file, which only a shell starts. */
const TOKEN_COMMANDS = {
  azd: 'azd auth token --output json',
  az: 'az account get-access-token --output json',
} as const;

const INSTALL = {
  azd: 'https://learn.microsoft.com/azure/developer/azure-developer-cli/install-azd',
  az: 'https://learn.microsoft.com/cli/azure/install-azure-cli',
} as const;

export type SignIn = keyof typeof TOKEN_COMMANDS;

/** An answer of Azure that is neither a success nor «not found». */
export class ArmError extends Error {
  override name = 'ArmError';

  constructor(status: number, code: string, message: string) {
    super(`Azure answers ${status} ${code}: ${message}`);
  }
}

/** An ARM template, as much of it as is given on. */
export type Template = Readonly<Record<string, unknown>>;

export interface ArmOptions {
  readonly signIn: SignIn;
  /** Other in sovereign clouds, e.g. `https://management.usgovcloudapi.net`. */
  readonly endpoint?: string | undefined;
  /** Pause between two looks at something that goes on, in milliseconds. */
  readonly pollMs?: number;
}

const STARTED = new Set(['Accepted', 'Creating', 'Deleting', 'InProgress', 'Running', 'Updating']);
const BUSY = new Set([408, 409, 429, 500, 502, 503, 504]);
const ATTEMPTS = 5;
/** Another attempt changes nothing: the address is wrong, or the way to it closed. */
const UNREACHABLE = new Set(['ENOTFOUND', 'ECONNREFUSED', 'ERR_INVALID_URL']);

interface Page<T> {
  readonly value: T[];
  readonly nextLink?: string;
}

interface Changing {
  readonly properties?: { readonly provisioningState?: string; readonly error?: unknown };
}

/** Azure Resource Manager, as far as the steps of a deployment need it. */
export class Arm {
  readonly #endpoint: string;
  readonly #pollMs: number;
  readonly #signIn: SignIn;
  #token: Promise<string> | undefined;

  constructor({ signIn, endpoint = 'https://management.azure.com', pollMs = 5000 }: ArmOptions) {
    this.#signIn = signIn;
    this.#endpoint = endpoint.replace(/\/$/, '');
    this.#pollMs = pollMs;
  }

  /**
   * What is at a path; undefined where nothing is.
   * @throws ArmError for any other answer.
   */
  async get<T>(path: string, apiVersion: string): Promise<T | undefined> {
    return (await this.#call('GET', path, apiVersion)) as T | undefined;
  }

  /** All items of a list, over its pages. */
  async list<T>(path: string, apiVersion: string): Promise<T[]> {
    const found: T[] = [];
    let page = await this.get<Page<T>>(path, apiVersion);
    while (page !== undefined) {
      found.push(...page.value);
      const { nextLink } = page;
      page = nextLink === undefined ? undefined : ((await this.#fetch('GET', nextLink)) as Page<T>);
    }
    return found;
  }

  /** Changes or deletes, and returns when it is done. */
  async send(method: 'PUT' | 'PATCH' | 'DELETE', path: string, apiVersion: string, body?: unknown): Promise<void> {
    await this.#call(method, path, apiVersion, body);
    const isDone = async (): Promise<boolean> => {
      const resource = await this.get<Changing>(path, apiVersion);
      const state = resource?.properties?.provisioningState;
      if (state === 'Failed' || state === 'Canceled') throw new Error(`${path} ended as ${state}`);
      return method === 'DELETE' ? resource === undefined : state === undefined || !STARTED.has(state);
    };
    while (!(await isDone())) await delay(this.#pollMs);
  }

  /**
   * Deploys a template into a group, as `az deployment group create` does.
   * @throws Error with what Azure says of a failure.
   */
  async deploy(group: string, name: string, template: Template, parameters: Record<string, unknown>): Promise<void> {
    const path = `${group}/providers/Microsoft.Resources/deployments/${name}`;
    const values = Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, { value }]));
    const body = { properties: { mode: 'Incremental', template, parameters: values } };
    await this.#call('PUT', path, '2025-04-01', body);
    for (;;) {
      const deployment = await this.get<Changing>(path, '2025-04-01');
      const { provisioningState = 'Missing', error } = deployment?.properties ?? {};
      if (provisioningState === 'Succeeded') return;
      if (!STARTED.has(provisioningState)) {
        throw new Error(`the deployment ${name} ended as ${provisioningState}: ${JSON.stringify(error ?? {})}`);
      }
      await delay(this.#pollMs);
    }
  }

  async #call(method: string, path: string, apiVersion: string, body?: unknown): Promise<unknown> {
    const separator = path.includes('?') ? '&' : '?';
    return this.#fetch(method, `${this.#endpoint}${path}${separator}api-version=${apiVersion}`, body);
  }

  async #fetch(method: string, url: string, body?: unknown): Promise<unknown> {
    const init = { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    let isRenewed = false;
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#send(url, init);
      if (answer instanceof Error) {
        if (attempt === ATTEMPTS || UNREACHABLE.has(codeOf(answer))) throw unreachable(url, answer);
      } else {
        const { status, text } = answer;
        // What is looked for or deleted may be absent; what something is put into may not.
        if (status === 404 && (method === 'GET' || method === 'DELETE')) return undefined;
        if (status >= 200 && status < 300) return text === '' ? {} : (JSON.parse(text) as unknown);
        // az may give out a token that ends within minutes, and a step takes longer.
        if (status === 401 && !isRenewed) {
          isRenewed = true;
          this.#token = undefined;
          continue;
        }
        if (!BUSY.has(status) || attempt === ATTEMPTS) throw toError(status, text);
      }
      await delay(this.#pollMs * attempt);
    }
  }

  /** @returns the answer, or why there is none. @throws Error when nobody is signed in. */
  async #send(url: string, init: RequestInit): Promise<{ readonly status: number; readonly text: string } | Error> {
    this.#token ??= readToken(this.#signIn);
    const headers = { authorization: `Bearer ${await this.#token}`, 'content-type': 'application/json' };
    try {
      const response = await fetch(url, { ...init, headers });
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return error as Error;
    }
  }
}

/** `fetch` says only that it failed; its cause says why. */
function codeOf(error: Error): string {
  return (error.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
}

function unreachable(url: string, error: Error): Error {
  const { message = error.message } = (error.cause ?? {}) as Partial<Error>;
  const name = URL.canParse(url) ? new URL(url).host : url;
  return new Error(`${name} cannot be reached: ${message || codeOf(error)}`, { cause: error });
}

function toError(status: number, text: string): ArmError {
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string } };
    return new ArmError(status, error.code, error.message);
  } catch {
    return new ArmError(status, '', text.slice(0, 500));
  }
}

/** azd calls it `token`, az `accessToken`. */
async function readToken(signIn: SignIn): Promise<string> {
  const [command = '', ...args] = TOKEN_COMMANDS[signIn].split(' ');
  const { stdout } = await promisify(execFile)(command, args, { shell: process.platform === 'win32' }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new Error(`${command} is not installed, or not in the PATH. Get it from ${INSTALL[signIn]}`, {
        cause: error,
      });
    },
  );
  const { token, accessToken } = JSON.parse(stdout) as { token?: string; accessToken?: string };
  const found = token ?? accessToken;
  if (found === undefined) throw new Error(`${command} printed no token`);
  return found;
}
