import type { Progress, WindowTask } from '../../pipeline/stream.ts';

/** Ledger of the hosts that a window has read, or that hold nothing although they are listed. */
export const HOSTS = 'hosts';
const KEY_DIGITS = 32;

/** The part of a step that books hosts as done with, for the look back. */
export function hostKeys({ window }: Pick<WindowTask, 'window'>, ids: Iterable<bigint>): Pick<Progress, 'ledger'> {
  if (window.run !== 'live') return {};
  const keys = [...ids].map((id) => id.toString(16).padStart(KEY_DIGITS, '0'));
  return keys.length === 0 ? {} : { ledger: { [HOSTS]: new Uint8Array(Buffer.from(keys.join(''), 'hex')) } };
}

/** The host of a key. */
export function hostOf(key: string): bigint {
  return BigInt(`0x${Buffer.from(key, 'latin1').toString('hex')}`);
}
