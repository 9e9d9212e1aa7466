import type { Health, Problem, StatusAnswer, StreamStatus } from '../answers.ts';

/** How a part of the page looks: a sign beside the colour, so that nothing hangs on colour alone. */
export interface Look {
  readonly tone: 'good' | 'info' | 'warn' | 'bad';
  readonly sign: string;
}

/** How each verdict looks; what the app says of it, the page does not decide. */
export const VERDICT_LOOKS: Readonly<Record<Health['verdict'], Look>> = {
  ok: { tone: 'good', sign: '✓' },
  'catching-up': { tone: 'info', sign: '↻' },
  waiting: { tone: 'warn', sign: 'Ⅱ' },
  attention: { tone: 'bad', sign: '!' },
  down: { tone: 'bad', sign: '✕' },
};

/** How each severity looks, and what is read out before it. */
export const SEVERITY_LOOKS: Readonly<Record<Problem['severity'], Look & { readonly word: string }>> = {
  error: { tone: 'bad', sign: '✕', word: 'problem' },
  warning: { tone: 'warn', sign: '!', word: 'warning' },
  info: { tone: 'info', sign: 'i', word: 'note' },
};

/** Id of the section of a stream. */
export function streamSectionId(name: string): string {
  return `stream-${name}`;
}

/** Id of the section in which windows of a run stand. */
export function runSectionId(stream: string, run: string): string {
  return run === 'live' ? streamSectionId(stream) : 'backfills';
}

/** Parts of the page that tell more of a problem, where its stream or API does not. */
const PLACES: Partial<Readonly<Record<Problem['code'], string>>> = {
  'settings-wrong': 'connections',
  'settings-doubtful': 'connections',
  'state-unreadable': 'connections',
  'identity-refused': 'connections',
  'account-refused': 'connections',
  poison: 'queue',
  'dead-letters': 'dead-letters',
  'alerts-undelivered': 'alerts',
  'backfill-failed': 'backfills',
  'backfill-stalled': 'backfills',
};

/** Id of the part of the page that tells more of a problem. */
export function placeOf({ code, stream }: Problem): string {
  return PLACES[code] ?? (stream === undefined ? 'limits' : streamSectionId(stream));
}

/** Whether “Try now” hurries what waits. */
export function isHurried(code: Problem['code']): boolean {
  return code === 'account-refused' || code === 'identity-refused' || code === 'windows-held';
}

/** Where the app itself serves the section of its guide: `docs/operate.md#late` beside the page. */
export function guideOf(docs: string): string {
  return `dashboard/operate.html${docs.slice(docs.indexOf('#'))}`;
}

/** The worst that is known of a stream, its API's problems included; undefined where it is on time. */
export function worstOf({ name, api }: StreamStatus, { problems }: StatusAnswer): Problem | undefined {
  return problems.find((problem) => {
    if (problem.code.startsWith('backfill-')) return false;
    return problem.stream === undefined
      ? problem.api === api || problem.code === 'identity-refused'
      : problem.stream === name;
  });
}

/** The first sentence of a text, and the rest. */
export function splitText(text: string): readonly [first: string, rest: string] {
  const end = text.search(/(?<=[.!?…]) /);
  return end === -1 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
}
