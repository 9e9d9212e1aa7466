import { mayPass } from '../streams/vm-detections/settings.ts';
import { SEND_REASONS, type Causes, type FieldCause, type SampledCauses } from './causes.ts';
import type { CausesCost, Month } from './cost-answer.ts';
import type { CostSettings } from './modes.ts';

type SampleCost = NonNullable<CausesCost['sample']>;
type FieldCost = SampleCost['fields'][number];

/** What was sent for known reasons. */
export interface CausedBytes {
  readonly causes: Causes;
  /** Billed bytes of all of it. */
  readonly bytes: number;
}

/**
 * Why records were sent; null where no reason was counted.
 * @param monthOf what a part of the bytes comes to in a month.
 */
export function viewCauses(
  sent: CausedBytes,
  settings: CostSettings,
  monthOf: (share: number) => Month | null,
): CausesCost | null {
  const { sample, ...reasons } = sent.causes;
  if (SEND_REASONS.every((reason) => reasons[reason] === 0)) return null;
  const isCompared = sample !== undefined && sample.compared > 0;
  return { ...reasons, sample: isCompared ? viewSample(sample, sent, settings, monthOf) : null };
}

/** Fields that have changed most often come first; a record may stand with several. */
function viewSample(
  sample: SampledCauses,
  sent: CausedBytes,
  { VM_INGEST: mode, VM_PASSING_FIELDS: passing }: CostSettings,
  monthOf: (share: number) => Month | null,
): SampleCost {
  const weight = weightOf(sent, mode);
  const saved = (name: string, { changesAlone, isPlain, wholeAlone }: FieldCause): Month | null => {
    if (weight === undefined || !isPlain || !mayPass(name) || passing.includes(name)) return null;
    return monthOf(weight * (mode === 'changes' ? changesAlone : wholeAlone));
  };
  const fields = Object.entries(sample.fields).map(([name, field]) => {
    const { alone, records } = field;
    return { name, records, alone, saved: saved(name, field) };
  });
  const isLess = (one: FieldCost, two: FieldCost): number => two.records - one.records || two.alone - one.alone;
  return { compared: sample.compared, fields: fields.sort(isLess) };
}

/**
 * Of `changes` and `changed-hosts`, the bytes with the one that is not set for a byte with the one that is; undefined where no sample tells it.
 */
export function otherBytes(sent: CausedBytes, mode: CostSettings['VM_INGEST']): number | undefined {
  const { sample } = sent.causes;
  const weight = weightOf(sent, mode);
  if (sample === undefined || weight === undefined) return undefined;
  const spared = weight * (sample.whole - sample.changes);
  return mode === 'changes' ? 1 + spared : 1 - spared;
}

/**
 * For which part of the bytes that were sent a byte of the sample stands. It is as often among them as changed hosts are: those that were not compared
 * may be few and weigh the most. All of the sample stands for no more than was sent.
 */
function weightOf({ bytes, causes }: CausedBytes, mode: CostSettings['VM_INGEST']): number | undefined {
  const { changed, sample } = causes;
  if (mode === 'all' || sample === undefined || sample.compared === 0 || bytes === 0) return undefined;
  return Math.min(changed / sample.compared / bytes, 1 / (mode === 'changes' ? sample.changes : sample.whole));
}
