import type { FieldPath } from './field-paths.ts';
import { failAt, type JsonScan } from './json-scan.ts';
import { nameOf } from './json-tape.ts';
import { followKey, type KeyNode } from './key-tree.ts';
import { scanString } from './scan-scalar.ts';

const QUOTE = 0x22;

/** Scans a key that was not expected; leaves in `scan.key` and `scan.keyField` what is known of it. */
export function scanKey(scan: JsonScan, at: number, before: KeyNode | undefined, field: FieldPath | undefined): number {
  if (scan.source[at] !== QUOTE) return failAt(scan, at);
  const end = scanString(scan, at);
  if (end < 0) return end;
  const raw = scan.source.toString('latin1', at + 1, end - 1);
  let node = before?.followers.get(raw);
  if (node === undefined) {
    const name = nameOf(scan.source, at, end);
    scan.keyField = field?.members.get(name);
    node = before === undefined ? undefined : followKey(scan.keys, before, raw, name, scan.keyField);
  } else {
    scan.keyField = node.field;
  }
  if (before !== undefined) before.expected = node;
  scan.key = node;
  return end;
}

/** Whether the text at `at` is the key, its quotes and a colon. */
export function isKeyAt(scan: JsonScan, at: number, key: KeyNode): boolean {
  if (at + key.size > scan.limit) return false;
  const { view } = scan;
  const { words } = key;
  const last = words.length - 1;
  let differences = view.getInt32(at + key.size - 4, true) ^ (words[last] ?? 0);
  for (let index = 0; index < last && differences === 0; index++) {
    differences = view.getInt32(at + index * 4, true) ^ (words[index] ?? 0);
  }
  return differences === 0;
}
