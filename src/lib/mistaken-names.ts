/** Beginnings of names that nobody else uses. */
const OWN = /^(QUALYS|EDR|ALERT_WEBHOOK|LOGS_INGESTION|LOGS_QUERY)_/;
/** What the platform and its tools put into the environment, in whatever spelling. */
const PLATFORM =
  /^(WEBSITE|AzureWebJobs|AzureFunctions|FUNCTIONS|APPLICATIONINSIGHTS|APPINSIGHTS|APPSETTING|AZURE|WEBJOBS|SCM|CONTAINER|DOCKER|IDENTITY|MSI|HTTP_PROXY$|HTTPS_PROXY$|ALL_PROXY$|NO_PROXY$)/i;
/** Letters that a slip of the fingers changes: other names are farther from ours. */
const SLIP = 2;
/** Shorter names have neighbours by chance. */
const SLIP_FROM_LENGTH = 8;
/** Letters by which another ending differs, as in VM_SEVERITY for VM_SEVERITIES: for names that begin with the first word of one of ours. */
const ENDING = 3;
const ENDING_FROM_LENGTH = 10;
/** Farther than that from all settings a name reminds of none. */
const REMINDING = 4;

/**
 * Names that are set, are no settings, and look as if they were meant to be: such a one would be ignored without a word. Each in a sentence
 * with the nearest setting, never with a value. What is blank counts as unset; `others` may be set, and nobody means them.
 */
export function findMistakenNames(
  env: Readonly<Record<string, string | undefined>>,
  known: readonly string[],
  others: readonly string[] = [],
): string[] {
  const words = new Set(known.map(firstWord));
  const set = Object.keys(env).filter(
    (name) => (env[name] ?? '').trim() !== '' && ![...known, ...others].includes(name),
  );
  return set.flatMap((name) => {
    if (PLATFORM.test(name)) return [];
    const isOwn = OWN.test(name.toUpperCase());
    const isNear = name.length >= ENDING_FROM_LENGTH && words.has(firstWord(name));
    const most = isOwn ? REMINDING : isNear ? ENDING : name.length >= SLIP_FROM_LENGTH ? SLIP : 0;
    const nearest = findNearest(name, known, most);
    if (nearest === undefined && !isOwn) return [];
    const meant = nearest === undefined ? '' : `; the nearest is ${nearest}`;
    return [`${name} is no setting of the connector and is ignored${meant}`];
  });
}

/** The known name that is the fewest changes away, in any case, and then begins most alike; undefined where none is within `most`. */
function findNearest(name: string, known: readonly string[], most: number): string | undefined {
  const near = known
    .filter((other) => Math.abs(other.length - name.length) <= most)
    .map((other) => ({ other, distance: distanceBetween(name.toUpperCase(), other.toUpperCase()) }))
    .filter(({ distance }) => distance <= most)
    .sort((one, two) => one.distance - two.distance || alike(name, two.other) - alike(name, one.other));
  return near[0]?.other;
}

function firstWord(name: string): string {
  return name.split('_', 1)[0]?.toUpperCase() ?? '';
}

/** Letters that two names begin with alike. */
function alike(one: string, two: string): number {
  let end = 0;
  while (end < one.length && one[end] === two[end]) end++;
  return end;
}

/** Letters to insert, leave out, replace or swap with their neighbour until one text is the other. */
function distanceBetween(one: string, two: string): number {
  let before: number[] = [];
  let last = Array.from({ length: two.length + 1 }, (_, column) => column);
  for (let row = 1; row <= one.length; row++) {
    const next = [row];
    for (let column = 1; column <= two.length; column++) {
      const isSame = one[row - 1] === two[column - 1];
      const isSwapped = one[row - 1] === two[column - 2] && one[row - 2] === two[column - 1];
      next.push(
        Math.min(
          (last[column] ?? 0) + 1,
          (next[column - 1] ?? 0) + 1,
          (last[column - 1] ?? 0) + (isSame ? 0 : 1),
          isSwapped ? (before[column - 2] ?? Infinity) + 1 : Infinity,
        ),
      );
    }
    [before, last] = [last, next];
  }
  return last[two.length] ?? 0;
}
