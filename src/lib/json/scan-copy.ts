import { GUARD, GUARD_BYTES, loadJson, SCAN, type JsonScan } from './json-scan.ts';
import { MAX_DEPTH, MAX_VALUES, scanJson } from './scan-json.ts';

/** Scans a copy of the bytes, which hold one value; the tape stays valid until the scanner is used again. */
export function scanCopy(scan: JsonScan, bytes: Uint8Array): number {
  const copy = Buffer.alloc(bytes.length + GUARD_BYTES, GUARD);
  copy.set(bytes);
  loadJson(scan, copy, bytes.length);
  return scanJson(scan, 0);
}

/** Why a value cannot be scanned although it is well-formed; undefined where it could be, or is malformed. */
export function reasonOf(end: number): string | undefined {
  if (end === SCAN.tooDeep) return `nested deeper than ${MAX_DEPTH} levels`;
  return end === SCAN.tooManyValues ? `more than ${MAX_VALUES} values` : undefined;
}
