/** The whole in a word: everything due is there, or comes, or waits for somebody else, or needs a person, or stands still. */
export type Verdict = 'ok' | 'catching-up' | 'waiting' | 'attention' | 'down';

/** `error` and `warning` are things to be mended, by whomever; `info` explains. */
export type Severity = 'error' | 'warning' | 'info';

interface Weight {
  readonly severity: Severity;
  /** What it makes of the whole, where nothing worse is known. */
  readonly verdict: Verdict;
}

/** What is known of a kind of problem. */
export interface ProblemKind extends Weight {
  /** What a person does. */
  readonly act: string;
  /** What becomes of one that lasts: it does not pass by itself, as others of its kind do. */
  readonly lasting?: Weight & { readonly afterSeconds: number };
}

const DOWN = { severity: 'error', verdict: 'down' } as const;
const BROKEN = { severity: 'error', verdict: 'attention' } as const;
const FLAWED = { severity: 'warning', verdict: 'attention' } as const;
const WAITS = { severity: 'warning', verdict: 'waiting' } as const;
const PASSES = { severity: 'info', verdict: 'waiting' } as const;
const NOTED = { severity: 'info', verdict: 'ok' } as const;

/** All kinds of problems, causes before what they make. Each code has a section of its name in docs/operate.md. */
export const PROBLEM_KINDS = {
  'settings-wrong': { ...DOWN, act: 'Mend the settings named here; the app takes them with its restart.' },
  'state-unreadable': {
    ...DOWN,
    act: 'Look at the storage account of the app: its network, its private endpoints, its health in Azure.',
  },
  'identity-refused': {
    ...DOWN,
    act: 'Give the identity of the app its role again, then press “Try now” (qualys try-now).',
  },
  'account-refused': {
    ...DOWN,
    act: 'Mend the account at Qualys, or give the app its new password, then press “Try now” (qualys try-now).',
  },
  'start-unknown': { ...BROKEN, act: 'Set the start of the stream, or repair what is named here.' },
  'planner-silent': { ...DOWN, act: 'Check the connections (qualys ping), then restart the app.' },
  'not-started': { ...PASSES, act: 'Nothing: the first tick comes with its schedule.' },
  'route-out': {
    ...WAITS,
    act: 'Nothing in the first hour: it is tried again by itself. Then look at Qualys’ status page and at the app’s way out.',
    lasting: { ...BROKEN, afterSeconds: 3600 },
  },
  'vendor-pause': {
    ...PASSES,
    act: 'Nothing: it goes on by itself. If it comes back all day, ask for fewer calls or a higher limit.',
  },
  'budget-spent': {
    ...PASSES,
    act: 'Nothing: calls come free by themselves. If it lasts all day, ask for fewer calls or a higher limit.',
  },
  'daily-limit': {
    ...WAITS,
    act: 'Nothing: it goes on at midnight UTC, and within 15 minutes after DAILY_GB_LIMIT is raised. Two days behind: raise it, or send less (qualys cost).',
    lasting: { ...BROKEN, afterSeconds: 2 * 86_400 },
  },
  'windows-failed': {
    ...BROKEN,
    act: 'Read the error and repair its cause; they are tried again by themselves, and at once with “Retry” (qualys retry).',
  },
  'windows-held': {
    ...WAITS,
    act: 'Nothing: they are tried again by themselves, and at once with “Try now” (qualys try-now).',
  },
  poison: { ...BROKEN, act: 'Nothing is lost: look at the exceptions of process-window.' },
  late: { ...FLAWED, act: 'Look at the oldest window that is not finished (qualys windows) and at its error.' },
  'catching-up': { severity: 'info', verdict: 'catching-up', act: 'Nothing: it comes by itself.' },
  'windows-incomplete': {
    ...FLAWED,
    act: 'Start a backfill or “Retry” (qualys retry), or take note of the gap with “Waive” (qualys waive).',
  },
  'dead-letters': {
    ...FLAWED,
    act: 'Read why Azure refuses these rows, repair it, then “Replay” (qualys dead-letters replay).',
  },
  'alerts-undelivered': { ...FLAWED, act: 'Repair the webhook, then “Replay” (qualys alerts replay).' },
  'backfill-failed': {
    ...FLAWED,
    act: '“Retry” or “Waive” its windows (qualys retry, qualys waive), or start the range again.',
  },
  'backfill-stalled': { ...FLAWED, act: 'Look at its windows (qualys windows); cancel it and start it again.' },
  'settings-doubtful': {
    severity: 'warning',
    verdict: 'ok',
    act: 'Mend the settings named here, or take them out; the app takes them with its restart.',
  },
  'records-outside': {
    ...NOTED,
    act: 'Nothing is lost. If there are many, check the time settings of the stream.',
  },
  'records-late': {
    ...NOTED,
    act: 'Nothing: they are found and ingested, and windows are read later if it goes on.',
  },
} as const satisfies Readonly<Record<string, ProblemKind>>;

/** Name of a kind of problem. */
export type ProblemCode = keyof typeof PROBLEM_KINDS;

/** All codes, causes first. */
export const PROBLEM_CODES = Object.keys(PROBLEM_KINDS) as readonly ProblemCode[];

/** Best first. */
export const VERDICTS: readonly Verdict[] = ['ok', 'catching-up', 'waiting', 'attention', 'down'];

/** Each verdict in the words of all who tell it. */
export const HEADLINES: Readonly<Record<Verdict, string>> = {
  ok: 'Everything that is due is ingested',
  'catching-up': 'Catching up: not everything is here yet',
  waiting: 'Waiting: not everything is here yet',
  attention: 'Needs your attention',
  down: 'Ingestion stands still',
};

/** What a problem makes of the whole: its kind's verdict, or the one of those that last. */
export function verdictOf({ code, severity }: { readonly code: ProblemCode; readonly severity: Severity }): Verdict {
  const { verdict, lasting }: ProblemKind = PROBLEM_KINDS[code];
  return severity === lasting?.severity ? lasting.verdict : verdict;
}

/** Whether nobody needs to act. */
export function isFine(verdict: Verdict): boolean {
  return verdict !== 'attention' && verdict !== 'down';
}

/** Where a problem is explained. */
export function docsOf(code: ProblemCode): string {
  return `docs/operate.md#${code}`;
}
