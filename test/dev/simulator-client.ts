import { get as httpGet, type IncomingMessage } from 'node:http';
import { XMLParser } from 'fast-xml-parser';
import { onTestFinished } from 'vitest';
import type { SimulatorOptions } from '../../dev/simulator/settings.ts';
import { startSimulator, type Simulator } from '../../dev/simulator/start-simulator.ts';

/** The account of the simulator's defaults. */
export const ACCOUNT = { username: 'qualys-reader', password: 'simulated-password' } as const;

/** A fixed instant, so that all times in a test are known. */
export const NOW = '2024-06-15T12:00:00.000Z';

export const DETECTION_PATH = '/api/5.0/fo/asset/host/vm/detection/';
export const HOST_LIST_PATH = '/api/5.0/fo/asset/host/';

/** Starts a simulator that ends with the test, its clock stopped at {@link NOW}. */
export async function simulate(options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator({
    clockOffsetMs: Date.parse(NOW) - Date.now(),
    dataEnd: Date.parse(NOW),
    ...options,
  });
  simulator.clock.set(Date.parse(NOW));
  simulator.clock.stop();
  onTestFinished(simulator.close);
  return simulator;
}

/** Logs in and gives the token. */
export async function logIn(simulator: Simulator): Promise<string> {
  const body = new URLSearchParams({ ...ACCOUNT, token: 'true' });
  return (await fetch(`${simulator.url}/auth`, { method: 'POST', body })).text();
}

type Parameters = Readonly<Record<string, string | number>>;

function queryOf(parameters: Parameters): string {
  return new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
  ).toString();
}

/** Calls the EDR gateway with a fresh token. */
export async function edr(simulator: Simulator, path: string, parameters: Parameters = {}): Promise<Response> {
  const authorization = `Bearer ${await logIn(simulator)}`;
  return fetch(`${simulator.url}${path}?${queryOf(parameters)}`, { headers: { authorization }, redirect: 'manual' });
}

/** One event of a list; only what the tests look at. */
export interface EventRecord extends Record<string, unknown> {
  readonly id: string;
  readonly type: string;
  readonly dateTime: string;
  readonly eventProcessedTime: string;
  readonly score?: unknown;
}

export const BY_PROCESSED_TIME = '[{"event.eventProcessedTime":"asc"}]';

/** A page of events, oldest first. */
export async function listEvents(simulator: Simulator, parameters: Parameters = {}): Promise<EventRecord[]> {
  const response = await edr(simulator, '/ioc/events', { sort: BY_PROCESSED_TIME, pageSize: 1_000, ...parameters });
  return (await response.json()) as EventRecord[];
}

/** The count that the filter finds. */
export async function countEvents(simulator: Simulator, filter = ''): Promise<number> {
  const response = await edr(simulator, '/ioc/events/count', { filter });
  return ((await response.json()) as { count: number }).count;
}

export const VM_HEADERS: Readonly<Record<string, string>> = {
  authorization: `Basic ${Buffer.from(`${ACCOUNT.username}:${ACCOUNT.password}`).toString('base64')}`,
  'x-requested-with': 'test',
};

/** Calls the VM API by POST, as the connector does. */
export async function vm(simulator: Simulator, path: string, parameters: Parameters = {}): Promise<Response> {
  const body = new URLSearchParams(queryOf({ action: 'list', ...parameters }));
  return fetch(`${simulator.url}${path}`, { method: 'POST', body, headers: VM_HEADERS, redirect: 'manual' });
}

const LISTS = new Set(['HOST', 'DETECTION', 'ID', 'ID_RANGE', 'VULN', 'ITEM', 'HOST_LIST', 'PARAM']);
const parser = new XMLParser({ ignoreAttributes: false, parseTagValue: false, isArray: (name) => LISTS.has(name) });

/** One HOST of an answer; only what the tests look at. */
export interface HostXml extends Record<string, unknown> {
  readonly ID: readonly string[];
  readonly DETECTION_LIST: { readonly DETECTION: readonly Readonly<Record<string, unknown>>[] };
}

/** What stands in the RESPONSE of an answer. */
export interface ResponseXml extends Record<string, unknown> {
  readonly HOST_LIST?: readonly { readonly HOST: readonly HostXml[] }[];
  readonly WARNING?: { readonly CODE: string; readonly URL: string };
  readonly ID_SET?: { readonly ID?: readonly string[]; readonly ID_RANGE?: readonly string[] };
  readonly CODE?: string;
  readonly TEXT?: string;
}

/** Parses an answer and gives its RESPONSE. */
export function responseOf(xml: string): ResponseXml {
  const document = parser.parse(xml) as Record<string, { RESPONSE?: ResponseXml } | undefined>;
  const root = Object.entries(document).find(([name]) => !name.startsWith('?') && !name.startsWith('#'))?.[1];
  return root?.RESPONSE ?? {};
}

/** All hosts of an answer. */
export function hostsOf(xml: string): HostXml[] {
  return (responseOf(xml).HOST_LIST ?? []).flatMap((list) => list.HOST);
}

export function idsOf(xml: string): string[] {
  return hostsOf(xml).map((host) => String(host.ID[0]));
}

/** The `id_min` of the WARNING, if there is one. */
export function nextIdOf(xml: string): string | undefined {
  const url = responseOf(xml).WARNING?.URL;
  return url === undefined ? undefined : (new URL(url).searchParams.get('id_min') ?? undefined);
}

/** Opens a request without reading its body. */
export async function openRaw(url: string, headers: Readonly<Record<string, string>>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    httpGet(url, { headers, agent: false }, resolve).on('error', reject);
  });
}

/** Asks again until the answer is right; a wrong one for too long is an error of the test's own time limit. */
export async function until<T>(ask: () => T | Promise<T>, isRight: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await ask();
    if (isRight(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
