import { RetryableError } from '../../errors.ts';
import { jsonIn } from '../../json/json-in.ts';
import { readVendorMessage } from './read-vendor-message.ts';
import { vendorText } from './vendor-text.ts';

const LONGEST_TEXT = 200;

/**
 * The error for an EDR answer that is no array: an object (no envelope is documented for this API, so none is
 * guessed at), a web page, plain text. Names what came, without the values of an object, which may be an event's.
 * @param what what the array holds, e.g. `events`.
 * @param beginning the answer, or as much of it as is at hand.
 */
export function failForeign(what: string, beginning: string): RetryableError {
  const { kind, text, code } = readVendorMessage(beginning);
  const isObject = beginning.trimStart().startsWith('{');
  const came = isObject ? `a JSON object with ${keysOf(beginning)}` : kind === 'text' ? 'a text' : kind;
  const said = isObject && kind !== 'json' ? '' : vendorText(text).slice(0, LONGEST_TEXT);
  return new RetryableError(
    `EDR answered with ${came} instead of an array of ${what}${said === '' ? '' : `: ${said}`}`,
    {
      fault: { code },
      scope: 'answer',
    },
  );
}

/** @param text begins as an object does, and may be cut off. */
function keysOf(text: string): string {
  const whole = jsonIn(text) as object | undefined;
  const first = /[{,]\s*"([\w.-]{1,40})"\s*:/.exec(text)?.slice(1) ?? [];
  const keys = whole === undefined ? first : Object.keys(whole).map((key) => key.slice(0, 40));
  return keys.length === 0 ? 'no keys' : `the keys ${keys.slice(0, 10).join(', ')}`;
}
