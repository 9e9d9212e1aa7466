import type { RepairCause } from '../errors.ts';
import type { LimitView } from '../pipeline/limit-view.ts';
import type { ApiName } from '../pipeline/stream.ts';
import type { HeldWindows } from '../pipeline/status-answer.ts';
import type { Finding, Stand } from './health.ts';
import { apiWord } from '../pipeline/routes.ts';
import { at, counted, sentences } from './words.ts';

/** Windows of a stream that wait for a repair. */
interface Held extends HeldWindows {
  readonly stream: string;
  readonly api: ApiName;
}

/** What a person has to repair before anything comes: the identity, the account, settings; and what then waits for its next try. */
export function findRefusals({ time, streams, limits }: Stand): Finding[] {
  const now = Date.parse(time);
  const all = streams
    .filter(({ enabled }) => enabled)
    .flatMap(({ name, api, held }) => held.map((each): Held => ({ ...each, stream: name, api })));
  const refusedLast = (repair: RepairCause): Held[] => all.filter((held) => held.repair === repair && held.isLatest);
  const accounts = refusedLast('account');
  const refusing = (api: ApiName): ApiName => limits.find((limit) => limit.api === api)?.account?.heldBy ?? api;
  const apis = new Set([...limits.map(({ api }) => api), ...accounts.map(({ api }) => api)].map(refusing));
  return [
    ...identityRefused(refusedLast('identity'), now),
    ...[...apis].flatMap((api) => {
      const account = limits.find((limit) => limit.api === api)?.account;
      const held = accounts.filter((each) => refusing(each.api) === api);
      return accountRefused(api, account, held, now);
    }),
    ...refusedLast('settings').map((held) => settingsWrong(held, now)),
    ...all.filter(({ isLatest }) => !isLatest).map((held) => windowsHeld(held, now)),
  ];
}

function identityRefused(held: readonly Held[], now: number): Finding[] {
  const [last] = latestFirst(held);
  if (last === undefined) return [];
  const text = sentences(`Azure refuses the identity of the app: ${last.error}`, waiting(held, now));
  return [{ code: 'identity-refused', since: earliest(held), text }];
}

function accountRefused(api: ApiName, account: LimitView['account'], held: readonly Held[], now: number): Finding[] {
  const error = account?.error ?? latestFirst(held)[0]?.error;
  if (error === undefined) return [];
  const since = account?.refusedSince ?? earliest(held);
  const began = since === null ? '' : ` since ${at(since, now)}`;
  const next = account?.nextTryAt === undefined ? '' : `The account is tried again at ${at(account.nextTryAt, now)}`;
  const text = sentences(
    `Qualys refuses the account at the ${apiWord(api)}${began}: ${error}`,
    next,
    waiting(held, now),
  );
  const [only, ...others] = new Set(held.map(({ stream }) => stream));
  const stream = others.length === 0 && account === undefined ? only : undefined;
  return [{ code: 'account-refused', api, stream, since, text }];
}

function settingsWrong(held: Held, now: number): Finding {
  const text = sentences(`${held.stream}: ${held.error}`, waiting([held], now));
  return { code: 'settings-wrong', stream: held.stream, api: held.api, since: held.since, text };
}

function windowsHeld(held: Held, now: number): Finding {
  const text = sentences(
    `${held.stream}: ${counted(held.windows, 'window')} had an error that has passed, and ${held.windows === 1 ? 'waits' : 'wait'} for the next try${tryAt(held.nextTryAt, now)}`,
    held.error,
  );
  return { code: 'windows-held', stream: held.stream, api: held.api, since: held.since, text };
}

function waiting(held: readonly Held[], now: number): string {
  if (held.length === 0) return '';
  const total = held.reduce((sum, { windows }) => sum + windows, 0);
  const names = held.map(({ stream, windows }) => `${stream} ${windows}`).join(', ');
  const [next] = held.flatMap(({ nextTryAt }) => nextTryAt ?? []).sort();
  return `${counted(total, 'window')} ${total === 1 ? 'waits' : 'wait'} for it (${names}), tried again${tryAt(next ?? null, now)}`;
}

function tryAt(time: string | null, now: number): string {
  return time === null ? ' now' : ` at ${at(time, now)}`;
}

function latestFirst(held: readonly Held[]): readonly Held[] {
  return [...held].sort((left, right) => right.since.localeCompare(left.since));
}

function earliest(held: readonly Held[]): string | null {
  return held.map(({ since }) => since).sort()[0] ?? null;
}
