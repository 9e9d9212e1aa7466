/**
 * Azure Resource Manager as far as the steps of a deployment use it, over real HTTP. A PUT and a PATCH of a table do what
 * Microsoft's pages say (scripts/deploy/tables.ts names them). Beside it `az` and `azd` that print a token, as programs.
 */
import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { serveHttp } from './http-server.ts';

export interface Stored {
  readonly id: string;
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  properties: Record<string, unknown>;
}

export interface FakeArm {
  readonly url: string;
  readonly resources: Map<string, Stored>;
  /** Parameters of the deployments, in their order. */
  readonly deployments: Record<string, unknown>[];
  /** Requests that change something, as `METHOD path`. */
  readonly changes: string[];
  /** How often the next deployments fail. */
  failures: number;
  /** For processes: the fake programs come first in the path. */
  readonly environment: Record<string, string>;
  /** The token that is out ends now; whoever asks gets another. */
  expireToken(): void;
  /** What `azd env set` was told. */
  azdValues(): Record<string, string>;
  put(id: string, properties: Record<string, unknown>, tags?: Readonly<Record<string, string>>): Stored;
}

export const SUBSCRIPTION = '00000000-0000-0000-0000-000000000001';
export const GROUP = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-qualys`;
export const WORKSPACE = `/subscriptions/${SUBSCRIPTION}/resourceGroups/rg-soc/providers/Microsoft.OperationalInsights/workspaces/log-soc`;
export const OWN = { application: 'qualys-sentinel-connector' };

/** Starts it; it ends with the test. */
export async function startFakeArm(): Promise<FakeArm> {
  const resources = new Map<string, Stored>();
  const deployments: Record<string, unknown>[] = [];
  const changes: string[] = [];
  const programs = makePrograms();
  const state = { failures: 0, token: programs.newToken() };

  const { url } = await serveHttp((request, response) => {
    const answer = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    };
    if (request.headers.authorization !== `Bearer ${state.token}`) {
      answer(401, error('Unauthorized'));
      return;
    }
    const { pathname, searchParams } = new URL(request.url, 'http://arm');
    if (!searchParams.has('api-version')) {
      answer(400, error('MissingApiVersionParameter'));
      return;
    }
    const id = decodeURIComponent(pathname);
    const body = request.body.length === 0 ? {} : (JSON.parse(request.body.toString()) as Partial<Stored>);
    if (request.method !== 'GET') changes.push(`${request.method} ${id}`);
    if (request.method === 'GET') {
      get(id, answer);
      return;
    }
    if (request.method === 'DELETE') {
      resources.delete(id);
      answer(200, {});
      return;
    }
    if (id.includes('/Microsoft.Resources/deployments/')) {
      deploy(id, body.properties ?? {}, answer);
      return;
    }
    const present = resources.get(id);
    if (request.method === 'PATCH' && present === undefined) {
      answer(404, error('ResourceNotFound'));
      return;
    }
    // A PUT replaces; a PATCH leaves what it does not name, but a schema that it names is the whole one.
    const properties =
      request.method === 'PUT' ? (body.properties ?? {}) : { ...present?.properties, ...body.properties };
    resources.set(id, { id, name: nameOf(id), ...present, properties });
    answer(200, resources.get(id));
  });

  function get(id: string, answer: (status: number, body: unknown) => void): void {
    const found = resources.get(id);
    if (found !== undefined) {
      answer(200, found);
      return;
    }
    const isList = id.split('/').length % 2 === 0;
    const below = [...resources.values()].filter((each) => each.id.slice(0, each.id.lastIndexOf('/')) === id);
    if (isList) answer(200, { value: below });
    else answer(404, error('ResourceNotFound'));
  }

  function deploy(id: string, given: Record<string, unknown>, answer: (status: number, body: unknown) => void): void {
    const parameters = given.parameters as Record<string, { value: unknown }>;
    deployments.push(Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])));
    const isFailed = state.failures > 0;
    state.failures -= isFailed ? 1 : 0;
    resources.set(id, {
      id,
      name: nameOf(id),
      properties: isFailed
        ? { provisioningState: 'Failed', error: { code: 'BadRequest', message: 'table not found' } }
        : { provisioningState: 'Succeeded' },
    });
    answer(201, {});
  }

  return {
    url,
    resources,
    deployments,
    changes,
    get failures() {
      return state.failures;
    },
    set failures(count) {
      state.failures = count;
    },
    expireToken: () => {
      state.token = programs.newToken();
    },
    environment: {
      PATH: `${programs.folder}${delimiter}${process.env.PATH ?? ''}`,
      AZURE_RESOURCE_MANAGER: url,
      AZURE_SUBSCRIPTION_ID: SUBSCRIPTION,
      AZURE_RESOURCE_GROUP: 'rg-qualys',
    },
    azdValues: () =>
      Object.fromEntries(
        readFileSync(join(programs.folder, 'values'), 'utf8')
          .split('\0')
          .filter((line) => line !== '')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      ),
    put(id, properties, tags) {
      const stored = { id, name: nameOf(id), ...(tags === undefined ? {} : { tags }), properties };
      resources.set(id, stored);
      return stored;
    },
  };
}

/** `az account get-access-token` and `azd auth token` in their own words; `azd env set` writes down what it was told. */
function makePrograms(): { readonly folder: string; readonly newToken: () => string } {
  const folder = mkdtempSync(join(tmpdir(), 'fake-az-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'values'), '');
  const token = join(folder, 'token');
  const scripts = {
    az: `[ "$*" = "account get-access-token --output json" ] && read -r token < "${token}" && printf '{"accessToken":"%s"}' "$token"`,
    azd: `case "$1 $2" in
  "auth token") read -r token < "${token}" && printf '{"token":"%s"}' "$token" ;;
  "env set") printf '%s=%s\\0' "$3" "$4" >> "${join(folder, 'values')}" ;;
  *) exit 1 ;;
esac`,
  };
  for (const [name, text] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return {
    folder,
    newToken: () => {
      const made = randomUUID();
      writeFileSync(token, `${made}\n`);
      return made;
    },
  };
}

function nameOf(id: string): string {
  return id.slice(id.lastIndexOf('/') + 1);
}

function error(code: string): unknown {
  return { error: { code, message: 'as the fake has it' } };
}
