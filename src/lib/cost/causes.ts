/** Why a record went to the sink, for streams that leave out what is known there. */
export const SEND_REASONS = ['changed', 'unknown', 'refresh', 'uncompared'] as const;

/**
 * `changed`: it is another than the one that was sent last. `unknown`: it is new, or nobody knows what was sent last. `refresh`: unchanged, and its
 * turn had come. `uncompared`: it goes whatever was sent before.
 */
export type SendReason = (typeof SEND_REASONS)[number];

/** How many records went for which reason. */
export type Causes = Readonly<Record<SendReason, number>>;

/** Nothing was sent. */
export const NO_CAUSES: Causes = { changed: 0, unknown: 0, refresh: 0, uncompared: 0 };

/** The sum of what is there. */
export function sumOfCauses(parts: readonly (Causes | undefined)[]): Causes {
  const total = { ...NO_CAUSES };
  for (const part of parts) {
    if (part === undefined) continue;
    for (const reason of SEND_REASONS) total[reason] += part[reason];
  }
  return total;
}
