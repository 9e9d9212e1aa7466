import { isAscii } from 'node:buffer';
import { MALFORMED, reasonOf, scanValue, startScan, type ValueScan } from './scan-value.ts';

/** An object of a document. */
export type Members = Record<string, unknown>;

/** A document, parsed. */
export interface ParsedJson {
  /** Its numbers are doubles where these give back their spelling, and {@link isSpelled} otherwise. */
  readonly value: unknown;
  readonly text: string;
  /** Names in the text: more than `value` has when one comes twice in an object. */
  readonly names: number;
}

/** What the engine has and TypeScript does not know yet. */
const engine = JSON as unknown as {
  readonly parse: (
    text: string,
    revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ) => unknown;
  readonly rawJSON: (text: string) => unknown;
  readonly isRawJSON: (value: unknown) => value is { readonly rawJSON: string };
};

/** Parses JSON; numbers that a double would change keep their spelling, and `JSON.stringify` writes it back. @throws SyntaxError */
export function parseSpelled(text: string): unknown {
  return engine.parse(text, (_name, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? engine.rawJSON(source) : value,
  );
}

/** Whether a value is a number that keeps its spelling. */
export const isSpelled = engine.isRawJSON;

/** Whether a value is an object with members. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isSpelled(value);
}

/** Parses a text of UTF-8 that was scanned to its end; undefined for one that is not well-formed. */
export function parseScanned(bytes: Buffer, { hasExact, names }: ValueScan): ParsedJson | undefined {
  const text = bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8');
  try {
    return { text, names, value: hasExact ? parseSpelled(text) : JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** Reads a whole text; what is not read is told with its reason. */
export function readJson(bytes: Buffer): ParsedJson | string {
  const scan = startScan();
  const end = scanValue(scan, bytes, 0, bytes.length);
  if (end === MALFORMED) return 'no well-formed JSON';
  return reasonOf(scan) ?? parseScanned(bytes, scan) ?? 'no well-formed JSON';
}
