import { addUp } from './add-up.ts';

/** Why a record went to the sink, for streams that leave out what is known there. */
export const SEND_REASONS = ['changed', 'unknown', 'refresh', 'uncompared'] as const;

/**
 * `changed`: it is another than the one that was sent last. `unknown`: it is new, or nobody knows what was sent last. `refresh`: unchanged, and its
 * turn had come. `uncompared`: it goes whatever was sent before.
 */
export type SendReason = (typeof SEND_REASONS)[number];

/** How many records went for which reason. */
export type SendReasons = Readonly<Record<SendReason, number>>;

/** Why records were sent. */
export interface Causes extends SendReasons {
  /** What the records of a sample have shown. */
  readonly sample?: SampledCauses;
}

/** What the records of a sample have shown that were sent, or found unchanged. */
export interface SampledCauses {
  /** Changed records that were compared with what was sent of them last. */
  readonly compared: number;
  /** Bytes of records that were sent, each of them whole; those that went whatever was sent before are not among them. */
  readonly whole: number;
  /** Bytes that tell the same by changes: what has changed in a record, all of it at its turn, and once a day that it is unchanged. */
  readonly changes: number;
  /** By the name of a field: of records that were compared and in which it has changed. */
  readonly fields: Readonly<Record<string, FieldCause>>;
}

/** In how many records a field has changed. */
export interface FieldCause {
  readonly records: number;
  /** Those in which nothing else has. */
  readonly alone: number;
  /** Bytes that would not go if the field did not count: where records go whole, and where changes are told. */
  readonly wholeAlone: number;
  readonly changesAlone: number;
  /** Whether its values were all of a form that may be let pass. */
  readonly isPlain: boolean;
}

/** Nothing was sent. */
export const NO_CAUSES: SendReasons = addUp(SEND_REASONS, []);

/** A row of sums stays within what Table Storage holds; further names are summed under one. */
const MOST_FIELDS = 100;
const OTHER_FIELD = 'other';

/** The sum of what is there. */
export function sumOfCauses(all: readonly (Causes | undefined)[]): Causes {
  const known = all.filter((causes) => causes !== undefined);
  const samples = known.map(({ sample }) => sample).filter((sample) => sample !== undefined);
  const reasons = addUp(SEND_REASONS, known);
  return samples.length === 0 ? reasons : { ...reasons, sample: sumOfSamples(samples) };
}

function sumOfSamples(samples: readonly SampledCauses[]): SampledCauses {
  const sums = new Map<string, FieldCause>();
  for (const [own, cause] of samples.flatMap(({ fields }) => Object.entries(fields))) {
    const name = sums.has(own) || sums.size < MOST_FIELDS ? own : OTHER_FIELD;
    const before = sums.get(name);
    sums.set(name, before === undefined ? cause : sumOfFields(before, cause));
  }
  return { ...addUp(['compared', 'whole', 'changes'], samples), fields: Object.fromEntries(sums) };
}

function sumOfFields(one: FieldCause, two: FieldCause): FieldCause {
  const sums = addUp(['records', 'alone', 'wholeAlone', 'changesAlone'], [one, two]);
  return { ...sums, isPlain: one.isPlain && two.isPlain };
}
