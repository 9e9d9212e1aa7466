import type { AlertStatus } from '../alerts/alert-answers.ts';
import { countAlerts } from '../alerts/operate-alerts.ts';
import { ConfigError, messageOf, RetryableError } from '../errors.ts';
import type { StatusAnswer } from '../health/health-answers.ts';
import { judgeHealth, judgeUnread } from '../health/judge-health.ts';
import { noteHealth } from '../health/note-health.ts';
import { redact } from '../log.ts';
import { normalLagSeconds, restSeconds, secondsBetweenTicks } from '../pipeline/normal-lag.ts';
import type { WindowRecord } from '../pipeline/ports.ts';
import type { StreamStatus } from '../pipeline/status-answer.ts';
import { viewStatus } from '../pipeline/view-status.ts';
import { getServices, VERSION, type Services } from '../services.ts';
import { STREAMS } from '../streams/index.ts';
import { SCHEDULES } from '../streams/schedules.ts';
import type { StreamDefinition } from '../streams/stream-definition.ts';
import { readBackfills } from './read-backfills.ts';

/**
 * Tells where each stream stands, what is wrong, and what waits for a person. Whatever is wrong with settings or storage is told as well.
 * @param isTick whether a planner has just run, which writes the judgement down.
 */
export async function viewConnector(isTick = false): Promise<StatusAnswer> {
  const answer = await readAndJudge();
  noteHealth(answer, isTick);
  return answer;
}

async function readAndJudge(): Promise<StatusAnswer> {
  try {
    return await viewServices(getServices());
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof RetryableError)) throw error;
    const time = new Date().toISOString();
    const isConfig = error instanceof ConfigError;
    const text = redact(isConfig ? error.publicMessage : messageOf(error));
    const health = judgeUnread({ time, repair: isConfig ? error.repair : undefined, error: text });
    return {
      version: VERSION,
      time,
      ...health,
      streams: [],
      limits: [],
      queue: null,
      deadLetters: null,
      alerts: null,
      dailyLimit: null,
    };
  }
}

async function viewServices(services: Services): Promise<StatusAnswer> {
  const apis = [...new Set(services.streams.map(({ api }) => api))];
  const backfills = await readBackfills(services.store, (stream) => scheduleOf(stream, { ...services.settings }));
  const [streams, limits, queue, deadLetters, alerts, dailyLimit = null] = await Promise.all([
    Promise.all(STREAMS.map((stream) => streamStatus(stream, services, backfills.windows))),
    Promise.all(apis.map((api) => services.limiter.view(api))),
    services.queue.lengths(),
    services.deadLetters.count(),
    viewAlerts(services),
    services.dailyLimit?.view(),
  ]);
  const time = services.clock.now().toISOString();
  const seen = { time, streams, limits, queue, deadLetters, alerts, dailyLimit };
  const health = judgeHealth({
    ...seen,
    runningSince: runningSince(),
    backfills: backfills.stands,
    settingMistakes: services.settings.mistakes,
  });
  return { version: VERSION, ...health, ...seen };
}

function runningSince(): string {
  return new Date(Date.now() - process.uptime() * 1000).toISOString();
}

async function viewAlerts({ alerts, clock }: Services): Promise<AlertStatus> {
  const [queue, counts, from] = await Promise.all([
    alerts.queue.lengths(),
    countAlerts(alerts.store, clock.now()),
    alerts.from?.(),
  ]);
  const enabled = alerts.post !== undefined;
  return { enabled, from: from?.toISOString() ?? null, queued: queue.waiting, poison: queue.poison, ...counts };
}

function streamStatus(
  { name, api, plan, isSnapshot = false }: StreamDefinition,
  services: Services,
  backfilled: readonly WindowRecord[],
): Promise<StreamStatus> {
  const { settings, streams } = services;
  const schedule = scheduleOf(name, { ...settings });
  const about = {
    name,
    api,
    isSnapshot,
    enabled: streams.some((each) => each.name === name),
    scheduleSeconds: secondsBetweenTicks(schedule),
    normalLagSeconds: normalLagSeconds(schedule, plan(settings)),
    restSeconds: restSeconds(schedule),
    safetyLagSeconds: plan(settings).safetyLagSeconds,
    mostLagSeconds: settings.SAFETY_LAG_MAX_SECONDS,
  };
  return viewStatus(
    about,
    services,
    backfilled.filter(({ stream }) => stream === name),
  );
}

/** The schedule of a stream's planner. */
function scheduleOf(name: string, settings: Readonly<Record<string, unknown>>): string {
  const setting = SCHEDULES.find(({ stream }) => stream === name)?.setting ?? '';
  return String(settings[setting]);
}
