import { createHash } from 'node:crypto';
import type { HostTexts } from './host-sketch.ts';

const DIGITS = 32;

/**
 * Finds members of JSON texts by their names, as far as their values are strings without escapes: all that are no such thing count as said.
 * The quotation marks of a name do not stand within a string, where they are escaped.
 */
export function passingPattern(names: readonly string[]): RegExp {
  return new RegExp(`"(?:${names.join('|')})":"[^"\\\\]*",?`, 'g');
}

/**
 * Begins the digest of what a host says, but for fields of passing time.
 * @param isSampled whether its texts are to be kept, asked once the host has begun.
 */
export function createHostDigest(passing: RegExp, isSampled: () => boolean) {
  const sha256 = createHash('sha256');
  /** Null: not kept. */
  let texts: HostTexts | null | undefined;
  return {
    /** Adds JSON text of a detection, or of the host's other elements: one character a byte. */
    add: (json: string, kind: keyof HostTexts): void => {
      sha256.update(`${json.replace(passing, '')}\n`, 'latin1');
      if (texts === undefined) texts = isSampled() ? { items: [], record: [] } : null;
      texts?.[kind].push(json);
    },
    /** Adds bytes of an element that is too large for either. */
    addText: (xml: Uint8Array): void => {
      sha256.update(xml);
      texts = null;
    },
    /** The digest of what was added so far: 32 hex digits. */
    end: () => sha256.copy().digest('hex').slice(0, DIGITS),
    /** The texts, where they are kept and whole. */
    texts: () => texts ?? undefined,
    /** Keeps no texts any more: nobody looks at them. */
    dropTexts: () => void (texts = null),
  };
}
