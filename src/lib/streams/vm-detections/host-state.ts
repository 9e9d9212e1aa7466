/** Hex digits of the digest of a state: the rest of what is remembered is a time. */
export const DIGEST_DIGITS = 24;
const TIME_DIGITS = 8;

/** What is remembered of a host where changes are told: 32 hex digits. */
export interface StoredState {
  /** 24 hex digits. */
  readonly digest: string;
  /** When it was sent whole last, in epoch milliseconds; whole seconds once it was stored. */
  readonly wholeAt: number;
}

/** Writes it as the memory holds it: as long as a digest is. */
export function writeState({ digest, wholeAt }: StoredState): string {
  const seconds = Math.floor(wholeAt / 1000);
  return digest.slice(0, DIGEST_DIGITS) + seconds.toString(16).padStart(TIME_DIGITS, '0');
}

/** Reads what {@link writeState} wrote. */
export function readState(text: string): StoredState {
  return { digest: text.slice(0, DIGEST_DIGITS), wholeAt: Number.parseInt(text.slice(DIGEST_DIGITS), 16) * 1000 };
}
