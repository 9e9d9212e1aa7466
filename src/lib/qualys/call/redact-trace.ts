import { secretForms } from '../login/secret-forms.ts';

const MASK = '(redacted)';

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
  const known = expressionOf(secrets);
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
function expressionOf(secrets: Iterable<string>): RegExp | undefined {
  const forms = secretForms([...secrets].filter((secret) => secret !== ''));
  return forms.length === 0 ? undefined : new RegExp(forms.map(escape).join('|'), 'gi');
}

function escape(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
}
