import { createHash } from 'node:crypto';

const DIGITS = 32;

/** What a host says, but for fields of passing time, as a digest. */
export interface HostDigest {
  /** Adds JSON text of a detection, or of the host's other elements: one character a byte. */
  readonly add: (json: string) => void;
  /** Adds bytes of an element that is too large for either. */
  readonly addText: (xml: Uint8Array) => void;
  /** The digest of what was added so far: 32 hex digits. */
  readonly end: () => string;
}

/**
 * Finds members of JSON texts by their names, as far as their values are strings without escapes: all that are no such thing count as said.
 * The quotation marks of a name do not stand within a string, where they are escaped.
 */
export function passingPattern(names: readonly string[]): RegExp {
  return new RegExp(`"(?:${names.join('|')})":"[^"\\\\]*",?`, 'g');
}

/** Begins the digest of a host. */
export function createHostDigest(passing: RegExp): HostDigest {
  const sha256 = createHash('sha256');
  return {
    add: (json) => void sha256.update(json.replace(passing, ''), 'latin1').update('\n'),
    addText: (xml) => void sha256.update(xml),
    end: () => sha256.copy().digest('hex').slice(0, DIGITS),
  };
}
