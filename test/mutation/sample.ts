import { createHash } from 'node:crypto';
import { isAbsolute, relative } from 'node:path';

/** What tells a mutant from all others; its line and column count from 0. */
export interface MutantPlace {
  readonly fileName: string;
  readonly location: { readonly start: { readonly line: number; readonly column: number } };
  readonly mutatorName: string;
  readonly replacement?: string;
}

/** Why a mutant was not played. */
export const NOT_IN_SAMPLE = 'not in the sample';

/** `SAMPLE=4` plays about every fourth mutant: the same ones each time, drawn by a hash, and those of 8 are among those of 4. 1: all. */
export const SAMPLE = Number(process.env.SAMPLE ?? 1);

export function isInSample(
  { fileName, location: { start }, mutatorName, replacement }: MutantPlace,
  sample = SAMPLE,
): boolean {
  const file = isAbsolute(fileName) ? relative(process.cwd(), fileName) : fileName;
  const name = JSON.stringify([file, start.line, start.column, mutatorName, replacement]);
  return createHash('sha256').update(name).digest().readUInt32BE() % sample === 0;
}
