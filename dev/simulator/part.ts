import type { SimulatorSettings } from './settings.ts';
import type { Route } from './world.ts';

/** Where the data of a part lies, milliseconds since 1970. */
export interface DataSpan {
  readonly seed: number;
  readonly start: number;
  readonly end: number;
}

/** The records of a part. */
export interface PartData {
  /** Puts records in, or changes them. Throws a RangeError naming what is wrong; then nothing is changed. */
  readonly change: (changes: readonly never[]) => void;
  /** Ids of what lies in a half-open span and can be seen `now`: what a complete ingestion must hold. */
  readonly ids: (span: { readonly first: number; readonly end: number }, now: number) => Iterable<string>;
}

/** A feed of the vendor: all of it in one file. */
export interface Part {
  /** In changes of data, and in `/_sim/<name>`. */
  readonly name: string;
  readonly routes: readonly Route[];
  readonly create: (span: DataSpan, settings: SimulatorSettings) => PartData;
}

/** The instant that an ISO text tells. Throws a RangeError for another one. */
export function instantOf(name: string, text: unknown): number {
  const instant = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) throw new RangeError(`${name} must be an ISO 8601 time, not ${JSON.stringify(text)}`);
  return instant;
}
