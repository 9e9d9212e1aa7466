import type { Settings } from '../config.ts';
import { mayPass } from '../streams/vm-detections/settings.ts';
import {
  SEND_REASONS,
  sumOfCauses,
  type Causes,
  type FieldCause,
  type SampledCauses,
  type SendReasons,
} from './causes.ts';

/** Why records of a stream were sent. */
export interface CausesView extends SendReasons {
  /** What had changed in some of them; null where none was compared. */
  readonly sample: SampleView | null;
}

/** What had changed in records of the sample. */
export interface SampleView {
  readonly compared: number;
  /** Those that have changed most often first. A record may stand with several. */
  readonly fields: readonly FieldView[];
}

/** In how many of them a field had changed, and in how many nothing else had. */
export interface FieldView {
  readonly name: string;
  readonly records: number;
  readonly alone: number;
  /** Bytes that would not have been sent if it were named in VM_PASSING_FIELDS; null where it may not be, or is. */
  readonly savedBytes: number | null;
}

/** The settings that say which fields let a host pass as unchanged. */
export type PassingSettings = Pick<Settings, 'VM_INGEST' | 'VM_PASSING_FIELDS'>;

/** Why records were sent, by the causes that were counted; null where none were. @param bytes that were sent. */
export function viewCauses(
  parts: readonly (Causes | undefined)[],
  bytes: number,
  settings: PassingSettings,
): CausesView | null {
  const { sample, ...reasons } = sumOfCauses(parts);
  if (SEND_REASONS.every((reason) => reasons[reason] === 0)) return null;
  return { ...reasons, sample: viewSample(sample, bytes * comparedShare(reasons), settings) };
}

function viewSample(
  sample: SampledCauses | undefined,
  bytes: number,
  { VM_INGEST: mode, VM_PASSING_FIELDS: passing }: PassingSettings,
): SampleView | null {
  if (sample === undefined || sample.compared === 0) return null;
  const savedBytes = (name: string, { alone, isPlain, partsAlone, wholeAlone }: FieldCause): number | null => {
    if (mode === 'all' || alone === 0 || !isPlain || !mayPass(name) || passing.includes(name)) return null;
    const share = (mode as string) === 'changes' ? partsAlone / sample.parts : wholeAlone / sample.whole;
    return Math.round(bytes * share);
  };
  const fields = Object.entries(sample.fields).map(([name, field]) => {
    const { alone, records } = field;
    return { name, records, alone, savedBytes: savedBytes(name, field) };
  });
  const isLess = (one: FieldView, two: FieldView): number => two.records - one.records || two.alone - one.alone;
  return { compared: sample.compared, fields: fields.sort(isLess) };
}

/**
 * Bytes that are sent where of changed records only what has changed is, for a byte where they go whole; undefined where that is not known.
 */
export function shareOfParts(causes: Causes): number | undefined {
  const { sample } = causes;
  if (sample === undefined || sample.whole === 0) return undefined;
  const compared = comparedShare(causes);
  return 1 - compared + (compared * sample.parts) / sample.whole;
}

/** Part of the records that went by what was sent before, as those of the sample do. */
function comparedShare({ changed, refresh, uncompared, unknown }: SendReasons): number {
  const compared = changed + refresh + unknown;
  return compared === 0 ? 0 : compared / (compared + uncompared);
}
