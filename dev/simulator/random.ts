/** Mixes 32 bits so that neighbouring numbers share nothing (the finaliser of MurmurHash3). */
function mix(bits: number): number {
  let h = bits;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A 32-bit hash of a seed and up to three indexes. Every value of the generated data is such a hash, so any record
 * can be made alone, in any order and again, and none has to be kept.
 */
export function hash32(seed: number, a: number, b = 0, c = 0): number {
  let h = mix(seed ^ 0x9e3779b9);
  h = mix(h ^ Math.imul(a, 0x27d4eb2f));
  h = mix(h ^ Math.imul(b + 1, 0x165667b1));
  return mix(h ^ Math.imul(c + 1, 0x2545f491)) >>> 0;
}

/** A 32-bit hash of a text (FNV-1a). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) h = Math.imul(h ^ text.charCodeAt(at), 0x01000193);
  return mix(h) >>> 0;
}

/** A fraction in [0, 1) from the same hash. */
export function fraction(seed: number, a: number, b = 0, c = 0): number {
  return hash32(seed, a, b, c) / 0x1_0000_0000;
}

/** Lower-case hex digits from the hash, as many as asked for. */
export function hexDigits(length: number, seed: number, a: number, b = 0): string {
  let text = '';
  for (let part = 0; text.length < length; part += 1)
    text += (hash32(seed, a, b, part) + 0x1_0000_0000).toString(16).slice(1);
  return text.slice(0, length);
}

/** A text in the form of a version 4 UUID. */
export function uuidOf(seed: number, a: number, b = 0): string {
  const hex = hexDigits(32, seed, a, b);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A row of draws that belongs to one record. */
export interface Draws {
  /** A whole number in [0, bound). */
  readonly below: (bound: number) => number;
  /** True with the given probability. */
  readonly chance: (probability: number) => boolean;
  /** One of the list. */
  readonly pick: <T>(list: readonly [T, ...T[]]) => T;
}

/** Starts the row of draws of record `a` (and part `b`) of a seed. */
export function createDraws(seed: number, a: number, b = 0): Draws {
  let turn = 0;
  const next = (): number => fraction(seed, a, b, (turn += 1));
  const below = (bound: number): number => Math.floor(next() * bound);
  return { below, chance: (probability) => next() < probability, pick: (list) => list[below(list.length)] ?? list[0] };
}
