import type { TokenCredential } from '@azure/core-auth';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { createAlertStart, type AlertStartDependencies } from './alerts/alert-start.ts';
import type { PushDependencies } from './alerts/push-alert.ts';
import { createWebhookPoster } from './alerts/webhook-poster.ts';
import { createBlobCallTraces } from './azure/blob-call-traces.ts';
import { createBlobDeadLetters } from './azure/blob-dead-letters.ts';
import { createCredential } from './azure/credential.ts';
import { createLogsIngestionSink } from './azure/logs-ingestion-sink.ts';
import { createLogsReader } from './azure/logs-reader.ts';
import { createNewestRow } from './azure/newest-row.ts';
import { openProbeRows } from './azure/probe-row.ts';
import { createStorageClock } from './azure/storage-clock.ts';
import { createStorageAlertQueue, createStorageWorkQueue } from './azure/storage-queue.ts';
import { createStorageWakeUps } from './azure/storage-wake-ups.ts';
import { openStorage } from './azure/storage.ts';
import { createTableAlertStore } from './azure/table-alert-store.ts';
import { createTableAudit } from './azure/table-audit.ts';
import { createTableCheckpointStore } from './azure/table-checkpoint-store.ts';
import type { LimiterTiming } from './azure/limiter-options.ts';
import { createTableLimiter } from './azure/table-limiter.ts';
import { createTableMemory } from './azure/table-memory.ts';
import { createTableSentStore } from './azure/table-sent-store.ts';
import { createTableStartStore } from './azure/table-start-store.ts';
import { createVaultSecret, type VaultSecretOptions } from './azure/vault-secret.ts';
import { createDailyLimit } from './cost/daily-limit.ts';
import { countSent, createSentBook, type SentDependencies } from './cost/sent.ts';
import { parseSettings, settingsSchema, type Environment, type Settings } from './config.ts';
import { ambientLog } from './log.ts';
import type { BackfillDependencies } from './pipeline/backfill.ts';
import { feedNext, tendBackfills } from './pipeline/backfill.ts';
import { wakeQuietly, type MoveDependencies } from './pipeline/move-watermark.ts';
import type { Clock, WindowRecord } from './pipeline/ports.ts';
import { hurryQuietly } from './pipeline/hurry-windows.ts';
import type { ProcessDependencies } from './pipeline/process-window.ts';
import type { PlannerDependencies } from './pipeline/run-planner.ts';
import type { ApiName, Stream } from './pipeline/stream.ts';
import { loginOf } from './qualys/login/conclude-login.ts';
import { createCredentials, settingsOf, type Credentials } from './qualys/login/credentials.ts';
import { openProxy } from './qualys/call/open-proxy.ts';
import { createEdrApi } from './qualys/edr/edr-api.ts';
import { createApiAuth } from './qualys/login/api-auth.ts';
import { createVmApi } from './qualys/vm/vm-api.ts';
import type { LoginKind } from './setting-kinds.ts';
import { hasWebhook, loginKindOf, VAULT_SETTINGS, type VaultSetting } from './setting-rules.ts';
import { fixedSecret, type SecretValue } from './secret-value.ts';
import { edrEvents } from './streams/edr-events/index.ts';
import { earlierRows } from './streams/earlier-rows.ts';
import { secretsOf } from './secrets-of.ts';
import { STREAMS } from './streams/index.ts';
import { bindStream } from './streams/stream-definition.ts';
import { observeCalls, observeLog, observeQueue, observeSink, observeStream } from './telemetry/observe.ts';
import { createTelemetry } from './telemetry/start-telemetry.ts';

/** Version of the connector. */
export const VERSION: string = packageJson.version;

/** An invocation hands a long window over after so long, well within the host's function timeout. */
const WINDOW_BUDGET_MS = 4 * 60_000;

/** Everything the triggers use; this file is the only place that constructs adapters. */
export type Services = ReturnType<typeof createServices>;

let services: Services | undefined;

/** The services of this process, made at the first use. @throws ConfigError when settings are at fault; tried again at the next use. */
export function getServices(): Services {
  services ??= createServices(process.env);
  return services;
}

/** Makes services from settings; `timing` of the permits is that of production where it is absent. @throws ConfigError. */
export function createServices(env: Environment, timing: Partial<LimiterTiming> = {}) {
  const settings = parseSettings(
    env,
    STREAMS.map(({ name }) => name),
  );
  for (const warning of settings.warnings) ambientLog.warn('SettingDoubtful', { warning });
  const proxy = openProxy(settings, env);
  const clock: Clock = { now: () => new Date() };
  const owner = `${hostname()}-${process.pid}`;
  const credential = (): TokenCredential => createCredential(settings.AzureWebJobsStorage__clientId);
  const telemetry = createTelemetry({
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    connectionString: settings.APPLICATIONINSIGHTS_CONNECTION_STRING,
    credential,
    version: VERSION,
    instance: owner,
    log: ambientLog,
  });
  const log = observeLog(ambientLog, telemetry);
  const storage = openStorage(settings);
  const limiter = createTableLimiter(storage, {
    concurrency: settings.QUALYS_MAX_CONCURRENCY,
    reservePercent: settings.QUALYS_BUDGET_RESERVE_PERCENT,
    timing,
    login: async (api) => loginOf(credentials[api], await credentials[api].current()),
    onRecovered: () => hurryQuietly(settings.QUALYS_STREAMS, common),
  });
  const secrets = { settings, credential, clock, log };
  const credentials = createLogins(secrets);
  const traces = createBlobCallTraces(storage, {
    most: settings.QUALYS_TRACE,
    clock,
    log,
    secrets: () => [...secretsOf(settings), ...credentials.edr.hidden(), ...credentials.vm.hidden()],
  });
  const traced = settings.QUALYS_TRACE > 0 ? traces : undefined;
  const calls = { limiter, clock, log, proxy, observe: observeCalls(telemetry), traces: traced };
  const gateway = { ...calls, baseUrl: settings.QUALYS_GATEWAY_URL };
  const edr = createEdrApi({ ...gateway, auth: createApiAuth('edr', credentials.edr, gateway) });
  const vm = createVmApi({ ...calls, settings, auth: createApiAuth('vm', credentials.vm, gateway) });
  const store = createTableCheckpointStore(storage);
  const starts = createTableStartStore(storage);
  const memory = createTableMemory(storage, clock.now);
  const queue = observeQueue(createStorageWorkQueue(storage), telemetry);
  const sharedTime = createStorageClock(storage);
  const logs = createLogsReader(settings, credential);
  const newestRow = createNewestRow(logs, clock, settings.QUALYS_SUBSCRIPTION);
  const common = { store, queue, clock, log, staleSeconds: settings.STALE_WINDOW_SECONDS };
  const streamServices = { settings, clock, edr, vm };
  const backfills: BackfillDependencies = {
    ...common,
    parallel: settings.QUALYS_MAX_CONCURRENCY,
    windowMinutes: (name) => STREAMS.find((stream) => stream.name === name)?.plan(settings).windowMinutes ?? 60,
  };
  const wakeUps = createStorageWakeUps(storage, clock);
  const goOnAfter = (ended: WindowRecord): Promise<void> =>
    ended.run === 'live' ? wakeQuietly(wakeUps, ended.stream, log) : feedNext(ended, backfills);
  const sent = createSentBook({ store: createTableSentStore(storage), clock, log, about: aboutTable });
  const dailyLimit = createDailyLimit(settings, sent, clock);
  const sink = countSent(observeSink(createLogsIngestionSink(settings, credential), telemetry), sent);
  const deadLetters = createBlobDeadLetters(storage);
  const lastTick = async (): Promise<string | undefined> => (await store.readWatermark(edrEvents.name))?.lastTick;
  const alertStore = createTableAlertStore(storage);
  const alerts = {
    store: alertStore,
    queue: createStorageAlertQueue(storage),
    clock,
    log: log.with({ stream: edrEvents.name }),
    cap: {
      maxPerMinute: settings.ALERT_MAX_PER_MINUTE,
      minScore: settings.ALERT_MIN_SCORE,
      table: edrEvents.table,
      subscription: settings.QUALYS_SUBSCRIPTION,
    },
    post: alertPoster(secrets),
    /** Time from which on events are posted; undefined where no webhook is set. */
    from: alertStart(settings, { store: alertStore, clock, lastTick }),
  };
  return {
    settings,
    clock,
    log,
    /** Enabled streams. */
    streams: STREAMS.filter(({ name }) => settings.QUALYS_STREAMS.includes(name)).map((each) =>
      observeStream(bindStream(each, streamServices), telemetry),
    ),
    store,
    starts,
    memory,
    queue,
    /** What was sent to the sink, as it will be billed. */
    sent,
    /** What a day may send; undefined where that has no limit. */
    dailyLimit,
    sink,
    deadLetters,
    limiter,
    /** What the checks of an API found last. */
    probed: openProbeRows(storage),
    logs,
    alerts,
    audit: createTableAudit(storage, clock.now),
    traces,
    telemetry,
    edr,
    vm,
    backfills,
    /** What processing a window of a stream needs. */
    processing: (stream: Stream): ProcessDependencies => ({
      ...common,
      stream,
      sink,
      memory,
      noteCauses: sent.noteCauses,
      deadLetters,
      alerts: alerts.queue,
      alertsFrom: alerts.from,
      throwIfFull: dailyLimit === undefined ? undefined : (run) => dailyLimit.check(stream.name, run),
      owner: `${owner}-${randomUUID().slice(0, 8)}`,
      incompleteAfterHours: settings.INCOMPLETE_AFTER_HOURS,
      budgetMs: WINDOW_BUDGET_MS,
      onFinished: goOnAfter,
    }),
    /** What a tick of a stream's planner needs. */
    planning: (stream: Stream): PlannerDependencies => ({
      ...common,
      starts,
      stream: stream.name,
      plan: stream.plan(settings),
      sharedTime,
      looksBack: stream.looksBack === true,
      mostLagSeconds: settings.SAFETY_LAG_MAX_SECONDS,
      ...(stream.restart === undefined
        ? {}
        : { earlierRows: earlierRows(stream, stream.restart, settings, newestRow) }),
      tendBackfills: () => tendBackfills(stream.name, backfills),
    }),
    /** What that planner needs when it is woken between two ticks. */
    moving: (stream: Stream): MoveDependencies => ({ ...common, wakeUps, stream: stream.name }),
    /** Brings forward what waited for the end of a window: the watermark, or the backfill it belongs to. */
    goOnAfter,
  };
}

function aboutTable(table: string): ReturnType<SentDependencies['about']> {
  const stream = STREAMS.find((each) => each.table === table);
  return { stream: stream?.name ?? table, part: stream?.optionalPart };
}

/** A secret by its setting: from Key Vault where that has an address, else as it was set; undefined: neither. */
function secretOf(setting: VaultSetting, deps: SecretDependencies): SecretValue | undefined {
  const { settings, ...others } = deps;
  const [fallback, address] = [settings[setting], VAULT_SETTINGS[setting]];
  const uri = settings[address];
  const isAllowed = (text: string): boolean => settingsSchema.shape[setting].safeParse(text).success;
  if (uri !== undefined) return createVaultSecret({ ...others, setting: address, uri, fallback, isAllowed });
  return fallback === undefined ? undefined : fixedSecret(fallback);
}

type SecretDependencies = Pick<VaultSecretOptions, 'credential' | 'clock' | 'log'> & { readonly settings: Settings };

/** Who logs in to each API: one of these for both where both have the same login. */
function createLogins(deps: SecretDependencies): Readonly<Record<ApiName, Credentials>> {
  const { settings } = deps;
  const make = (kind: LoginKind): Credentials => {
    const [name, secret] = settingsOf(kind);
    return createCredentials(settings[name] ?? '', secretOf(secret, deps) ?? fixedSecret(''), kind);
  };
  const [vmKind, edrKind] = [loginKindOf('vm', settings), loginKindOf('edr', settings)];
  const vm = make(vmKind);
  return { vm, edr: edrKind === vmKind ? vm : make(edrKind) };
}

function alertPoster(deps: SecretDependencies): PushDependencies['post'] {
  const { settings, clock } = deps;
  const url = secretOf('ALERT_WEBHOOK_URL', deps);
  const secret = secretOf('ALERT_WEBHOOK_SECRET', deps);
  if (url === undefined) return undefined;
  return createWebhookPoster({ url, secret, isPrivateAllowed: settings.ALERT_WEBHOOK_PRIVATE, clock });
}

function alertStart(settings: Settings, deps: AlertStartDependencies): (() => Promise<Date>) | undefined {
  const { ALERT_FROM: from } = settings;
  if (!hasWebhook(settings)) return undefined;
  return from === undefined ? createAlertStart(deps) : () => Promise.resolve(from);
}
