import { isMembers } from '../../../json/parse-json.ts';

/** JSON texts of a host that is whole: of its detections, and of its other elements. One character a byte. */
export interface HostTexts {
  readonly items: string[];
  readonly record: string[];
}

/** What is kept of a host to tell later what has changed in it: small digests, which are good enough to count by. */
export interface HostSketch {
  /** Of the host, as it is remembered. */
  readonly digest: string;
  /** Days since 1970: when it was seen last. */
  readonly day: number;
  /** Of the elements of the host, and of those of all its detections, by name. */
  readonly record: ReadonlyMap<string, number>;
  readonly items: ReadonlyMap<string, number>;
  /** Of each detection, by that of its key. */
  readonly contents: ReadonlyMap<number, number>;
}

/** A host that is read for comparing. */
export interface HostRead {
  readonly bytes: number;
  readonly recordBytes: number;
  readonly record: ReadonlyMap<string, number>;
  readonly list: readonly ItemRead[];
  /** Names of elements of which a value is no simple text. */
  readonly odd: ReadonlySet<string>;
}

interface ItemRead {
  readonly key: number;
  readonly content: number;
  readonly bytes: number;
  readonly fields: ReadonlyMap<string, number>;
}

/** What has changed in a host. */
export interface HostChange {
  /** Names of elements, {@link LIST_CHANGED}, or {@link ORDER_CHANGED} alone. */
  readonly causes: readonly string[];
  /** Bytes of the host's own elements, and of the detections that are new, gone or changed. */
  readonly changedBytes: number;
}

/** Detections are new or gone. Of a host of which one is gone those that are left are not looked at: it would be sent without them too. */
export const LIST_CHANGED = 'DETECTION_LIST';
/** No element has another value, but they stand in another order. */
const ORDER_CHANGED = 'order';
/** What tells that a detection is gone. */
const GONE_BYTES = 70;
const KEY = 'UNIQUE_VULN_ID';
const LONGEST_NAME = 100;
/** What the pattern of `host-digest.ts` does not let pass. */
const ESCAPED = /["\\]|[^\x20-\uffff]/;

/** Reads a host; undefined for one whose detections have no keys of their own. @param passing names that do not make a host changed. */
export function readHost({ items, record }: HostTexts, passing: ReadonlySet<string>): HostRead | undefined {
  const odd = new Set<string>();
  const list: ItemRead[] = [];
  const keys = new Set<number>();
  for (const text of items) {
    const item = membersOf(text);
    const id = item?.[KEY];
    if (item === undefined || typeof id !== 'string' || id === '') return undefined;
    const key = hashText(id, 0);
    const fields = fieldsOf(item, key, passing, odd);
    list.push({ key, fields, bytes: text.length, content: [...fields.values()].reduce(add, 0) });
    keys.add(key);
  }
  if (keys.size < list.length) return undefined;
  const own = record.map((text) => fieldsOf(membersOf(text) ?? {}, 0, passing, odd));
  const recordBytes = bytesOf(record);
  return { bytes: recordBytes + bytesOf(items), recordBytes, record: sumOfFields(own), list, odd };
}

/** What is to be kept of a host. */
export function sketchOf({ list, record }: HostRead, digest: string, day: number): HostSketch {
  const contents = new Map(list.map(({ content, key }) => [key, content]));
  return { digest, day, record, items: sumOfFields(list.map(({ fields }) => fields)), contents };
}

/** Compares a host with what was kept of it. */
export function compareHost(before: HostSketch, { list, record, recordBytes }: HostRead): HostChange {
  const common = list.filter(({ key }) => before.contents.has(key));
  const gone = before.contents.size - common.length;
  const changed = list.filter(({ content, key }) => before.contents.get(key) !== content);
  const causes = new Set(differing(before.record, record));
  if (gone === 0)
    for (const name of differing(before.items, sumOfFields(common.map(({ fields }) => fields)))) causes.add(name);
  if (gone > 0 || common.length < list.length) causes.add(LIST_CHANGED);
  if (causes.size === 0) causes.add(ORDER_CHANGED);
  const changedBytes = recordBytes + gone * GONE_BYTES + changed.reduce((sum, { bytes }) => sum + bytes, 0);
  return { causes: [...causes], changedBytes };
}

/** A sketch as it is stored. */
export function encodeSketch({ contents, digest, day, items, record }: HostSketch): Uint8Array {
  const pairs = Buffer.from(Uint32Array.from([...contents].flat()).buffer).toString('base64');
  return Buffer.from(JSON.stringify({ digest, day, record: [...record], items: [...items], contents: pairs }));
}

/** Reads what `encodeSketch` wrote; undefined for what it did not. */
export function decodeSketch(stored: Uint8Array): HostSketch | undefined {
  try {
    const { contents, digest, day, items, record } = JSON.parse(Buffer.from(stored).toString()) as StoredSketch;
    const pairs = Buffer.from(contents, 'base64');
    const numbers = new Map<number, number>();
    for (let at = 0; at + 8 <= pairs.length; at += 8) numbers.set(pairs.readUInt32LE(at), pairs.readUInt32LE(at + 4));
    return { digest, day, record: new Map(record), items: new Map(items), contents: numbers };
  } catch {
    return undefined;
  }
}

interface StoredSketch {
  readonly digest: string;
  readonly day: number;
  readonly record: readonly (readonly [string, number])[];
  readonly items: readonly (readonly [string, number])[];
  readonly contents: string;
}

/** Bytes of texts of one character a byte. */
export function bytesOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0);
}

/** A digest of 32 bits, evenly spread: FNV-1a, mixed at its end as MurmurHash3 does. */
export function hashText(text: string, seed: number): number {
  let hash = seed ^ 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

function membersOf(text: string): Record<string, unknown> | undefined {
  const value: unknown = JSON.parse(text);
  return isMembers(value) ? value : undefined;
}

function fieldsOf(
  members: Readonly<Record<string, unknown>>,
  seed: number,
  passing: ReadonlySet<string>,
  odd: Set<string>,
): Map<string, number> {
  const fields = new Map<string, number>();
  for (const [name, value] of Object.entries(members)) {
    const isPlain = typeof value === 'string' && !ESCAPED.test(value);
    if (isPlain && passing.has(name)) continue;
    const short = name.slice(0, LONGEST_NAME);
    if (!isPlain) odd.add(short);
    const text = typeof value === 'string' ? value : withoutPassing(value, passing);
    fields.set(short, add(fields.get(short) ?? 0, hashText(text, hashText(name, seed))));
  }
  return fields;
}

/** Fields of passing time are let pass at any depth. */
function withoutPassing(value: unknown, passing: ReadonlySet<string>): string {
  return JSON.stringify(value, (name, inner: unknown) =>
    typeof inner === 'string' && passing.has(name) && !ESCAPED.test(inner) ? undefined : inner,
  );
}

function sumOfFields(parts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const sums = new Map<string, number>();
  for (const part of parts) for (const [name, hash] of part) sums.set(name, add(sums.get(name) ?? 0, hash));
  return sums;
}

function differing(one: ReadonlyMap<string, number>, two: ReadonlyMap<string, number>): string[] {
  return [...new Set([...one.keys(), ...two.keys()])].filter((name) => (one.get(name) ?? 0) !== (two.get(name) ?? 0));
}

function add(one: number, two: number): number {
  return (one + two) >>> 0;
}
