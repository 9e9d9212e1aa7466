const MASK = '(redacted)';
/** Base64 of a secret within a longer text is looked for from this length on. */
const SHORTEST_BASE64 = 6;

/** What looks like a secret although nobody told us: tokens, and the values of fields that are named like one. */
const PATTERNS: readonly RegExp[] = [
  /\beyJ[\w-]{6,}[\w.-]*/g,
  /(?<=\b(?:basic|bearer)(?:\s|%20|\+)+)[\w+/=.~%-]+/gi,
  // In forms, queries, JSON and headers.
  /(?<=[\w-]*(?:password|passwd|secret|token|api_?-?key|authorization|cookie|session)[\w-]*["']?\s*[:=]\s*)(?:"(?:[^"\\]|\\.)*"?|'[^']*'?|[^&\s,;<>"'}]+)/gi,
  // In XML.
  /(?<=<[\w:-]*(?:password|passwd|secret|token|session)[\w:-]*>)[^<]+/gi,
];

/**
 * Takes the secrets out of a text, in each form in which they travel, and everything that looks like one.
 * @param most characters of the text that are given back at most; what follows them is looked at for secrets that begin before.
 */
export function redactTrace(text: string, secrets: Iterable<string>, most = text.length): string {
  const known = formsOf(secrets);
  const patterns = known === undefined ? PATTERNS : [known, ...PATTERNS];
  const found = patterns
    .flatMap((pattern) => [...text.matchAll(pattern)])
    .map(({ index, 0: match }) => ({ from: index, to: index + match.length }))
    .sort((left, right) => left.from - right.from);
  let [out, at] = ['', 0];
  for (const { from, to } of found) {
    if (from >= most) break;
    if (from >= at) out += `${text.slice(at, from)}${MASK}`;
    at = Math.max(at, to);
  }
  return out + text.slice(at, Math.max(at, most));
}

/** One expression for all forms of all secrets, the longest first. */
function formsOf(secrets: Iterable<string>): RegExp | undefined {
  const forms = new Set([...secrets].filter((secret) => secret !== '').flatMap(encodings));
  const longestFirst = [...forms].sort((left, right) => right.length - left.length);
  return forms.size === 0 ? undefined : new RegExp(longestFirst.map(escape).join('|'), 'gi');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}

function encodings(secret: string): string[] {
  const form = new URLSearchParams({ secret }).toString().slice('secret='.length);
  const xml = secret.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const named = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = named.replaceAll('"', '&quot;').replaceAll("'", '&apos;');
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [secret, form, encodeURIComponent(secret), xml, named, quoted, json, ...base64Within(secret)];
  // What is sent on in a query is encoded once more.
  return [...forms, ...forms.map(encodeURIComponent)];
}

/** What is sure of a secret's base64 at each of the three places where it may begin in a longer text. */
function base64Within(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2]
    .map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const isCut = (before + bytes.length) % 3 !== 0;
      return text.slice(Math.ceil((before * 8) / 6), isCut ? -1 : undefined);
    })
    .filter((text) => text.length >= SHORTEST_BASE64)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}
