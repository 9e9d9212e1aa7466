import { jsonIn } from '../../json/json-in.ts';
import { parseReturn, rootOf } from './parse-return.ts';

/** What kind of body the message was found in. */
export type BodyKind = 'simple-return' | 'generic-return' | 'json' | 'html' | 'xml' | 'text' | 'empty';

/** The vendor's words in a body of any kind. */
export interface VendorMessage {
  readonly kind: BodyKind;
  /** The vendor's code, e.g. `1905`. */
  readonly code?: string | undefined;
  /** Whether the vendor's login service refused the credentials (`authentication_exceptions`). */
  readonly refusedLogin?: boolean;
  readonly text: string;
  /** Name of the root element of a document. */
  readonly root?: string;
  /** Seconds to wait, as a document's `SECONDS_TO_WAIT` item says. */
  readonly secondsToWait?: number;
}

/** Fields in which the gateway's services put their message, first match wins. */
const MESSAGE_FIELDS = ['message', 'errorMessage', 'error_description', 'detail', 'error', 'title', 'reason'] as const;
const CODE_FIELDS = ['errorCode', 'error_code', 'code'] as const;

/** Finds the vendor's code and text in a body: `SIMPLE_RETURN`, `GENERIC_RETURN`, JSON, a web page or plain text. */
export function readVendorMessage(body: string): VendorMessage {
  const text = body.trim();
  if (text === '') return { kind: 'empty', text: '' };
  return documentMessage(text) ?? markupMessage(text) ?? jsonMessage(text) ?? { kind: 'text', text };
}

function documentMessage(text: string): VendorMessage | undefined {
  const found = parseReturn(text);
  if (found === undefined) return undefined;
  const kind = found.root === 'SIMPLE_RETURN' ? 'simple-return' : 'generic-return';
  const seconds = found.items.get('SECONDS_TO_WAIT') ?? '';
  const wait = /^[1-9]\d{0,8}$/.test(seconds) ? { secondsToWait: Number(seconds) } : {};
  return { kind, root: found.root, text: found.text, code: found.code, ...wait };
}

function markupMessage(text: string): VendorMessage | undefined {
  const root = rootOf(text);
  if (root === undefined) return undefined;
  if (!isPageRoot(root)) return { kind: 'xml', root, text: '' };
  // Up to the next tag only: a page of nothing but beginnings must not be read from each of them to its end.
  const title = /<(title|h1)[^<>]*>([^<]*)</i.exec(text)?.[2]?.trim() ?? '';
  return { kind: 'html', text: title === '' ? 'a web page' : `a web page titled "${title}"` };
}

/** Whether an element with this name begins a web page, or a piece of one. */
export function isPageRoot(name: string): boolean {
  return /^(html|head|body|title|h1|p|center|div)$/i.test(name);
}

function jsonMessage(text: string): VendorMessage | undefined {
  if (!/^[[{"]/.test(text)) return undefined;
  const value = jsonIn(text);
  if (value === undefined) return undefined;
  if (typeof value === 'string') return { kind: 'json', text: value };
  return isRecord(value) ? recordMessage(value) : { kind: 'json', text: '' };
}

function recordMessage(record: Readonly<Record<string, unknown>>): VendorMessage {
  const exceptions = words(record.authentication_exceptions);
  const nested = [record.error, firstOf(record.errors)].find(isRecord);
  const code = codeOf(record) ?? (nested && codeOf(nested));
  const text = messageIn(record) ?? (nested && messageIn(nested)) ?? words(record.errors);
  return {
    kind: 'json',
    text: [text, exceptions].filter((part) => part !== '').join(': '),
    code,
    ...(exceptions === '' ? {} : { refusedLogin: true }),
  };
}

function messageIn(record: Readonly<Record<string, unknown>>): string | undefined {
  return MESSAGE_FIELDS.map((name) => record[name]).find(
    (value): value is string => typeof value === 'string' && value.trim() !== '',
  );
}

function codeOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const value = CODE_FIELDS.map((name) => record[name]).find(
    (code) => typeof code === 'string' || typeof code === 'number',
  );
  const code = value === undefined ? '' : String(value).trim();
  return code === '' ? undefined : code.slice(0, 40);
}

function words(value: unknown): string {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string').join(', ') : '';
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
