import type { SendReason } from '../../../cost/causes.ts';
import type { HostTexts } from './host-sketch.ts';

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

/** `unchanged`: it need not be sent. */
export type HostVerdict = 'unchanged' | SendReason;

/** What was sent before. */
export interface HostMemory {
  /** Finds the fields in which a host may differ and is still unchanged. */
  readonly passing: RegExp;
  /** Whether a host of this digest need not be sent, and why not otherwise. */
  readonly judge: (id: string, digest: string, texts?: HostTexts) => HostVerdict;
  /** Whether the texts of a host are to be kept for that. */
  readonly isSampled?: (id: string) => boolean;
  /** What the table has of a host, where its changes are told; undefined where they must not be. Absent: what is sent is whole. */
  readonly base?: (id: string) => HostBase | undefined;
}

/** A report of a host that another one may build upon. */
export interface HostBase extends StoredState {
  /** As it is remembered. */
  readonly stored: string;
  /** Whether nothing was sent of the host for a day. */
  readonly isSilent: boolean;
}
