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
export const NO_CAUSES: SendReasons = { changed: 0, unknown: 0, refresh: 0, uncompared: 0 };

/** A row of sums stays within what Table Storage holds; further names are summed under one. */
const MOST_FIELDS = 100;
const OTHER_FIELD = 'other';

/** The sum of what is there. */
export function sumOfCauses(all: readonly (Causes | undefined)[]): Causes {
  const total = { ...NO_CAUSES };
  const samples: SampledCauses[] = [];
  for (const causes of all) {
    if (causes === undefined) continue;
    for (const reason of SEND_REASONS) total[reason] += causes[reason];
    if (causes.sample !== undefined) samples.push(causes.sample);
  }
  return samples.length === 0 ? total : { ...total, sample: sumOfSamples(samples) };
}

function sumOfSamples(samples: readonly SampledCauses[]): SampledCauses {
  const fields = new Map<string, FieldCause>();
  let [compared, whole, changes] = [0, 0, 0];
  for (const sample of samples) {
    compared += sample.compared;
    whole += sample.whole;
    changes += sample.changes;
    for (const [own, cause] of Object.entries(sample.fields)) {
      const name = fields.has(own) || fields.size < MOST_FIELDS ? own : OTHER_FIELD;
      fields.set(name, sumOfFields(fields.get(name), cause));
    }
  }
  return { compared, whole, changes, fields: Object.fromEntries(fields) };
}

function sumOfFields(one: FieldCause | undefined, two: FieldCause): FieldCause {
  if (one === undefined) return two;
  return {
    records: one.records + two.records,
    alone: one.alone + two.alone,
    wholeAlone: one.wholeAlone + two.wholeAlone,
    changesAlone: one.changesAlone + two.changesAlone,
    isPlain: one.isPlain && two.isPlain,
  };
}
