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

/** A part of all mutants, drawn by a hash: `3/8` is the third of eight. */
export type Sample = `${number}/${number}`;

export const ALL: Sample = '1/1';

/**
 * Which part is played. Tests that were written against the survivors of one part say nothing about all: a score that is to hold for all is
 * that of another part, or of the whole.
 */
export const SAMPLE = (process.env.SAMPLE ?? ALL) as Sample;

export function isInSample(
  { fileName, location: { start }, mutatorName, replacement }: MutantPlace,
  sample = SAMPLE,
): boolean {
  const [part = 1, parts = 1] = sample.split('/').map(Number);
  const file = isAbsolute(fileName) ? relative(process.cwd(), fileName) : fileName;
  const name = JSON.stringify([file, start.line, start.column, mutatorName, replacement]);
  return createHash('sha256').update(name).digest().readUInt32BE() % parts === part - 1;
}
