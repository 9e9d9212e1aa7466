const escapes = /(?:%[0-9a-f]{2})+/gi;
const slash = /(%2f)/i;

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

/**
 * Decodes one segment of a path as Kestrel, the server under the real host, does: `%2F` stays as it was written, so that
 * a parameter is one segment; what is no UTF-8 stays too. (The front end of Azure decodes `%2F` before the host sees it,
 * so there such a request misses its route: an app should not rely on it.)
 */
export function decodeSegment(segment: string): string {
  return segment.replace(escapes, (run) =>
    run
      .split(slash)
      .map((part) => (slash.test(part) ? part : decodeRun(part)))
      .join(''),
  );
}

/** Removes `.` and `..` as a browser would; `..` at the top is dropped. */
function removeDots(segments: readonly string[]): string[] {
  const kept: string[] = [];
  for (const segment of segments) {
    if (segment === '..') {
      kept.pop();
    } else if (segment !== '.') {
      kept.push(segment);
    }
  }
  return kept;
}

/**
 * Decoded segments of a request target (`/a/b%20c?x=1` → `a`, `b c`), without the query and one trailing slash.
 * @returns undefined for a target that is no path or holds a NUL, which Kestrel answers with 400.
 */
export function decodePath(target: string): string[] | undefined {
  const path = target.split('?', 1)[0]!;
  if (!path.startsWith('/') || path.includes('%00')) {
    return undefined;
  }
  const segments = removeDots(path.slice(1).split('/').map(decodeSegment));
  if (segments.at(-1) === '') {
    segments.pop();
  }
  return segments;
}
