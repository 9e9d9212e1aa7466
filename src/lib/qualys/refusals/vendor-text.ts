import { redact } from '../../log.ts';
import { secretForms } from '../login/secret-forms.ts';

const LONGEST_TEXT = 500;
const SHORTEST_SECRET = 3;
/** Line breaks, tabs and other control characters, which would break a log line. */
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]+/gu;

/**
 * What a vendor says, fit for an error message: one line, at most 500 characters, without credentials.
 * @param secrets texts that must not appear, in whatever form the vendor echoes them (password, token, authorization header).
 */
export function vendorText(text: string, secrets: readonly string[] = []): string {
  const forms = secretForms(secrets.filter((secret) => secret.length >= SHORTEST_SECRET));
  const masked = forms.reduce((said, form) => said.replaceAll(form, '[redacted]'), text);
  const line = redact(masked).replace(CONTROL, ' ').replace(/ {2,}/g, ' ').trim();
  return line.length <= LONGEST_TEXT ? line : `${line.slice(0, LONGEST_TEXT - 1).trimEnd()}…`;
}
