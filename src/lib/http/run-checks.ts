import { settingsSchema } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { getServices, VERSION, type Services } from '../services.ts';
import { edrEvents } from '../streams/edr-events/index.ts';
import { STREAMS } from '../streams/index.ts';
import type { Check, PingResult } from './ping-answers.ts';
import { askNow, explain, notOk, runProbe, tellLast, timed, type ApiProbe } from './run-probes.ts';

/**
 * Runs all checks side by side, each for at most 20 s. Never throws: what could not run says why.
 * @param isFresh whether Qualys is asked now; otherwise at most once in five minutes, and what was found last is told.
 */
export async function runChecks(isFresh: boolean): Promise<PingResult> {
  const startedAt = Date.now();
  let services: Services;
  try {
    services = getServices();
  } catch (error) {
    return withoutServices(error, Date.now() - startedAt);
  }
  const settings: Check = {
    name: 'settings',
    ok: true,
    latencyMs: Date.now() - startedAt,
    detail: settingsDetail(services),
  };
  const enabled = services.streams.map(({ name }) => name);
  const probes = probesOf(enabled);
  const [storage, vendor, ingestion] = await Promise.all([
    timed('storage', () => checkStorage(services)),
    isFresh ? askNow(probes, services) : tellLast(probes, services),
    timed('logs-ingestion', (signal) => checkIngestion(services, signal)),
  ]);
  return result([settings, storage, ...vendor, ingestion]);
}

/** The EDR check alone, for the SOAR action. */
export async function checkEdr(): Promise<Check> {
  const { probe, api } = edrEvents;
  let services: Services;
  try {
    services = getServices();
  } catch (error) {
    return notOk(probe.check, explain(error));
  }
  return runProbe({ ...probe, api }, services);
}

/** The checks of the vendor's APIs that the streams need. */
function probesOf(streams: readonly string[]): ApiProbe[] {
  return STREAMS.filter(({ name }) => streams.includes(name)).map(({ probe, api }) => ({ ...probe, api }));
}

function result(checks: readonly Check[]): PingResult {
  return { ok: checks.every(({ ok }) => ok), version: VERSION, checks };
}

function settingsDetail({ streams, settings }: Services): string {
  const enabled = `enabled streams: ${streams.map(({ name }) => name).join(', ')}`;
  return [enabled, ...settings.warnings].join('; ');
}

function withoutServices(error: unknown, latencyMs: number): PingResult {
  const probes = probesOf(streamsMeant()).map(({ check }) => check);
  const skipped = ['storage', ...probes, 'logs-ingestion'].map((name) =>
    notOk(name, 'not run, because the settings are not valid'),
  );
  return result([{ name: 'settings', ok: false, latencyMs, detail: explain(error) }, ...skipped]);
}

/** Streams by the raw setting, because the settings as a whole could not be read; the default ones where it names none. */
function streamsMeant(): readonly string[] {
  const named = (process.env.QUALYS_STREAMS ?? '').split(',').map((name) => name.trim());
  const known = STREAMS.map(({ name }) => name).filter((name) => named.includes(name));
  return known.length > 0 ? known : settingsSchema.shape.QUALYS_STREAMS.parse(undefined);
}

async function checkStorage({ store, queue, streams }: Services): Promise<string> {
  await store.readWatermark(streams[0]?.name ?? 'ping');
  const { waiting } = await queue.lengths();
  return `tables and queue reached; ${waiting} work items wait`;
}

/** An empty array is accepted (2xx) or refused as such (400): both mean reached and allowed. */
async function checkIngestion({ sink, streams }: Services, signal: AbortSignal): Promise<string> {
  for (const { table } of streams) {
    const { status, message } = await sink.probe(table, signal);
    const isReached = (status >= 200 && status < 300) || status === 400;
    if (!isReached) throw new ConfigError(`stream Custom-${table}: ${reasonOf(status)} ${message}`.trim());
  }
  return `reached and allowed: ${streams.map(({ table }) => `Custom-${table}`).join(', ')}`;
}

function reasonOf(status: number): string {
  if (status === 401) return 'HTTP 401: the token was refused; check the identity of the app.';
  if (status === 403) {
    return 'HTTP 403: the identity needs the role Monitoring Metrics Publisher on the data collection rule (a new role takes up to 30 minutes).';
  }
  if (status === 404)
    return 'HTTP 404: no such rule or stream; check LOGS_INGESTION_ENDPOINT and LOGS_INGESTION_RULE_ID.';
  return `HTTP ${status}.`;
}
