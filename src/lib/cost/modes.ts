import type { Settings } from '../config.ts';
import { INGEST_MODES } from '../streams/vm-detections/settings.ts';
import type { Billed } from './billed-bytes.ts';
import type { ModeCost } from './cost-answer.ts';

/** What the rows that were sent would have been billed with another value of a setting; null: nobody knows. */
export interface ModeBytes extends Omit<ModeCost, 'month'> {
  readonly bytes: number | null;
}

type EventRecord = 'rest' | 'full' | 'none';

/** Bytes that an event is billed, of the simulator's data and of the bench's page (`bench/results.json`, lines `billed-edr-…`). */
export const EVENT_BYTES: Readonly<Record<EventRecord, readonly [number, number]>> = {
  rest: [909, 1366],
  full: [1833, 2412],
  none: [568, 698],
};

/** Hosts that live windows received, and those of them that were not sent because they had not changed. */
export interface ReceivedHosts {
  readonly received: number;
  readonly unchanged: number;
}

/** Hosts that came and were sent, and what tells `changes` and `changed-hosts` apart. */
export interface IngestedHosts extends ReceivedHosts {
  /** Bytes with the one that is not set, for a byte with the one that is; undefined where no sample tells it. */
  readonly otherBytes: number | undefined;
}

/** The settings that decide how much of what is received is sent, which fields let a host pass as unchanged, and what a GB costs. */
export type CostSettings = Pick<
  Settings,
  'EDR_RECORD' | 'PRICE_PER_GB' | 'VM_INGEST' | 'VM_PASSING_FIELDS' | 'VM_RESULTS'
>;

/** What these settings would have made of what was sent; none for a stream without such. */
export function modesOf(stream: string, sent: Billed, settings: CostSettings, hosts: IngestedHosts): ModeBytes[] {
  if (stream === 'edr-events') return eventModes(sent, settings.EDR_RECORD);
  if (stream === 'vm-detections')
    return [...resultModes(sent, settings.VM_RESULTS), ...ingestModes(sent, settings.VM_INGEST, hosts)];
  return [];
}

/**
 * Hosts that were not sent count as those that were, and what has changed in those that were is reckoned by the sample. What leaving out would
 * spare nobody sees who sends all.
 */
function ingestModes(
  { bytes }: Billed,
  now: Settings['VM_INGEST'],
  { otherBytes, received, unchanged }: IngestedHosts,
): ModeBytes[] {
  const sent = received - unchanged;
  const other = otherBytes === undefined ? undefined : bytes * otherBytes;
  const whole = now === 'changes' ? other : bytes;
  const all = whole !== undefined && sent > 0 ? (whole * received) / sent : undefined;
  const estimated: Partial<Record<Settings['VM_INGEST'], number | undefined>> =
    now === 'all' ? {} : { changes: other, 'changed-hosts': whole, all };
  return INGEST_MODES.map((value) =>
    value === now
      ? modeOf('VM_INGEST', value, true, bytes)
      : modeOf('VM_INGEST', value, false, estimated[value], 'estimated'),
  );
}

function eventModes({ bytes, optional }: Billed, now: EventRecord): ModeBytes[] {
  return (['rest', 'full', 'none'] as const).map((value) => {
    if (value === now) return modeOf('EDR_RECORD', value, true, bytes);
    // What has no `Record` is what is left without it.
    if (value === 'none') return modeOf('EDR_RECORD', value, false, bytes - optional);
    const factors = EVENT_BYTES[value].map((each, page) => each / (EVENT_BYTES[now][page] ?? each));
    const factor = factors.reduce((sum, each) => sum + each, 0) / factors.length;
    return modeOf('EDR_RECORD', value, false, bytes * factor, 'estimated');
  });
}

function resultModes({ bytes, optional, cut }: Billed, kept: number): ModeBytes[] {
  // A mark says how much was cut; of what was not asked for nobody knows.
  const full = modeOf('VM_RESULTS', 'full', kept === Infinity, kept === 0 ? undefined : bytes + cut);
  const none = modeOf('VM_RESULTS', 'none', kept === 0, bytes - optional);
  const isCap = kept > 0 && kept < Infinity;
  return isCap ? [full, modeOf('VM_RESULTS', `cap:${kept}`, true, bytes), none] : [full, none];
}

/** A value of a setting with the bytes that it comes to; undefined: nobody knows. */
function modeOf(
  setting: string,
  value: string,
  isSet: boolean,
  bytes: number | undefined,
  basis: ModeBytes['basis'] = 'counted',
): ModeBytes {
  return bytes === undefined
    ? { setting, value, isSet, bytes: null, basis: 'unknown' }
    : { setting, value, isSet, bytes: Math.round(bytes), basis };
}
