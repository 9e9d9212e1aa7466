import { ConfigError, messageOf, RetryableError } from '../errors.ts';
import { lasting } from '../health/words.ts';
import { ambientLog, redact } from '../log.ts';
import { logUnexpected } from '../log-unexpected.ts';
import type { ProbeAnswer, ProbeMemory, ProbeState } from '../pipeline/probe-memory.ts';
import type { ApiName } from '../pipeline/stream.ts';
import type { Services } from '../services.ts';
import { loginKindOf } from '../setting-rules.ts';
import type { Probe, StreamDefinition } from '../streams/stream-definition.ts';
import type { Check } from './ping-answers.ts';

/** A check of one of the vendor's APIs. */
export type ApiProbe = Probe & Pick<StreamDefinition, 'api'>;

const LIMIT_MS = 20_000;
/** Monitors ask every minute; a call in so long is enough for them, over all instances. */
const ASKED_EVERY_MS = 5 * 60_000;

/** Asks the vendor now, and keeps what it found for those who only look. */
export function askNow(probes: readonly ApiProbe[], services: Services): Promise<Check[]> {
  return byApi(probes, async (api, own) => {
    const checks = await Promise.all(own.map((probe) => runProbe(probe, services)));
    await keepQuietly(services.probed(api), checks);
    return checks;
  });
}

/** Tells what was found last. Once in five minutes an API is asked, for the check whose answer is the oldest. */
export function tellLast(probes: readonly ApiProbe[], services: Services): Promise<Check[]> {
  return byApi(probes, (api, own) =>
    tellApi(api, own, services).catch((error: unknown) => own.map(({ check }) => notOk(check, explain(error)))),
  );
}

/** The checks of all APIs, side by side, in the order of the probes. */
async function byApi(
  probes: readonly ApiProbe[],
  run: (api: ApiName, own: readonly ApiProbe[]) => Promise<Check[]>,
): Promise<Check[]> {
  const ofEach = await Promise.all([...Map.groupBy(probes, ({ api }) => api)].map(([api, own]) => run(api, own)));
  const checks = ofEach.flat();
  return probes.flatMap(({ check }) => checks.find(({ name }) => name === check) ?? []);
}

async function tellApi(api: ApiName, probes: readonly ApiProbe[], services: Services): Promise<Check[]> {
  const row = services.probed(api);
  let isOurs = false as boolean;
  const state = await row.write((known) => {
    isOurs = known.askedAt === undefined || row.now() - Date.parse(known.askedAt) >= ASKED_EVERY_MS;
    return isOurs ? { ...known, askedAt: new Date(row.now()).toISOString() } : known;
  });
  const oldest = probes.reduce((left, right) => (timeOf(right, state) < timeOf(left, state) ? right : left));
  const asked = isOurs ? await runProbe(oldest, services) : undefined;
  if (asked !== undefined) await keepQuietly(row, [asked]);
  const { account } = await services.limiter.view(api);
  return probes.map(({ check }) => {
    if (check === asked?.name) return asked;
    if (account !== undefined) return notOk(check, `Qualys refuses the account: ${account.error}`);
    const answer = state.answers[check];
    if (answer !== undefined) return toldAgain(check, answer, row.now());
    const detail = 'not asked yet: its turn comes within minutes; a POST asks at once';
    return { name: check, ok: asked?.ok ?? true, latencyMs: 0, detail };
  });
}

function timeOf({ check }: ApiProbe, { answers }: ProbeState): number {
  return Date.parse(answers[check]?.at ?? '1970-01-01T00:00:00Z');
}

function toldAgain(name: string, { ok, latencyMs, detail, at }: ProbeAnswer, now: number): Check {
  const ageSeconds = Math.max(0, Math.round((now - Date.parse(at)) / 1000));
  return { name, ok, latencyMs, detail: `${detail} (asked ${lasting(ageSeconds)} ago; a POST asks now)`, ageSeconds };
}

/** A check that was not run, or not asked for. */
export function notOk(name: string, detail: string): Check {
  return { name, ok: false, latencyMs: 0, detail };
}

/** Keeps what was found. Whoever asked knows it anyway, so a failure is only logged. */
async function keepQuietly(row: ProbeMemory, checks: readonly Check[]): Promise<void> {
  try {
    await row.write((state) => {
      const at = new Date(row.now()).toISOString();
      const found = checks.map(({ name, ok, latencyMs, detail }) => [name, { ok, latencyMs, detail, at }] as const);
      return { ...state, askedAt: at, answers: { ...state.answers, ...Object.fromEntries(found) } };
    });
  } catch (error) {
    ambientLog.warn('ProbeForgotten', { error: messageOf(error) });
    logUnexpected(ambientLog, error);
  }
}

/** Tells with a client's login which API took it, because Qualys documents it for the VM API alone. */
export async function runProbe({ check: name, run, api }: ApiProbe, services: Services): Promise<Check> {
  const check = await timed(name, () => run(services));
  const kind = loginKindOf(api, services.settings);
  if (kind === 'password') return check;
  const advice =
    check.ok || api === 'vm' ? '' : '; EDR is not known to take one: EDR_AUTH=password uses user and password';
  return { ...check, detail: `${check.detail} (login: API client, ${kind}${advice})` };
}

/** Runs a check for at most 20 s. Never throws. */
export async function timed(name: string, run: (signal: AbortSignal) => Promise<string>): Promise<Check> {
  const startedAt = Date.now();
  const signal = AbortSignal.timeout(LIMIT_MS);
  const limit = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new RetryableError(`no answer within ${LIMIT_MS / 1000} s`)));
  });
  try {
    const detail = await Promise.race([run(signal), limit]);
    return { name, ok: true, latencyMs: Date.now() - startedAt, detail };
  } catch (error) {
    return { name, ok: false, latencyMs: Date.now() - startedAt, detail: explain(error) };
  }
}

/** An error without what only operators may see. */
export function explain(error: unknown): string {
  logUnexpected(ambientLog, error);
  return redact(error instanceof ConfigError ? error.publicMessage : messageOf(error));
}
