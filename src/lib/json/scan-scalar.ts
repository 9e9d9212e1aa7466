import { failAt, type JsonScan } from './json-scan.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Scans the string whose opening quote is at `from`: returns the position behind its closing quote, or one of `SCAN`. */
export function scanString(scan: JsonScan, from: number): number {
  const { source, limit } = scan;
  scan.isEscaped = false;
  if (source[from] !== QUOTE) return failAt(scan, from);
  let at = from + 1;
  while (at < limit) {
    const byte = source[at] ?? 0;
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) {
      const end = scanEscape(scan, at + 1);
      if (end < 0) return end;
      at = end;
    } else {
      if (byte < 0x20) scan.controlsInStrings = true;
      at++;
    }
  }
  return failAt(scan, limit);
}

/** `at` is behind the backslash. */
function scanEscape(scan: JsonScan, at: number): number {
  switch (scan.source[at]) {
    case QUOTE:
    case BACKSLASH:
    case 0x62: // b
    case 0x66: // f
    case 0x6e: // n
    case 0x72: // r
    case 0x74: // t
      return at + 1;
    case 0x2f: // A solidus needs no escape, so JSON.stringify writes none.
      scan.isEscaped = true;
      return at + 1;
    case 0x75:
      scan.isEscaped = true;
      return scanHex(scan, at + 1);
    default:
      return failAt(scan, at);
  }
}

function scanHex(scan: JsonScan, from: number): number {
  for (let at = from; at < from + 4; at++) {
    const byte = scan.source[at] ?? 0;
    const isHex = isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
    if (!isHex || at >= scan.limit) return failAt(scan, at);
  }
  return from + 4;
}

/** Scans the number at `at`. */
export function scanNumber(scan: JsonScan, from: number): number {
  const { source } = scan;
  let at = source[from] === 0x2d ? from + 1 : from;
  if (source[at] === 0x30) at++;
  else if (isDigit(source[at] ?? 0)) at = skipDigits(source, at);
  else return failAt(scan, at);
  if (source[at] === 0x2e) {
    if (!isDigit(source[at + 1] ?? 0)) return failAt(scan, at + 1);
    at = skipDigits(source, at + 1);
  }
  if (((source[at] ?? 0) | 0x20) === 0x65) {
    const sign = source[at + 1];
    at += sign === 0x2b || sign === 0x2d ? 2 : 1;
    if (!isDigit(source[at] ?? 0)) return failAt(scan, at);
    at = skipDigits(source, at);
  }
  return at;
}

/** Scans one of the words `true`, `false`, `null`. */
export function scanLiteral(scan: JsonScan, from: number, word: string): number {
  for (let index = 1; index < word.length; index++) {
    if (scan.source[from + index] !== word.charCodeAt(index)) return failAt(scan, from + index);
  }
  return from + word.length;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function skipDigits(source: Buffer, from: number): number {
  let at = from;
  while (isDigit(source[at] ?? 0)) at++;
  return at;
}
