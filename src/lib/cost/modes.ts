import type { Settings } from '../config.ts';
import type { Billed, OptionalPart } from './billed-bytes.ts';

/** What of the rows of a stream a setting makes optional. */
export const OPTIONAL_PARTS: Readonly<Record<string, OptionalPart>> = {
  'edr-events': { column: 'Record' },
  'vm-detections': { column: 'DetectionList', member: 'RESULTS' },
};

/** How the bytes of a mode are known: counted of the rows that were sent, reckoned by the project's benchmark, or not at all. */
export type Basis = 'counted' | 'estimated' | 'unknown';

/** What the rows that were sent would have been billed with another value of a setting. */
export interface ModeBytes {
  readonly setting: string;
  readonly value: string;
  /** Whether that is the value now. What was sent before a change was sent with another one. */
  readonly isSet: boolean;
  readonly bytes: number | null;
  readonly basis: Basis;
}

type EventRecord = 'rest' | 'full' | 'none';

/** Bytes that an event is billed, of the simulator's data and of the bench's page (`bench/results.json`, lines `billed-edr-…`). */
export const EVENT_BYTES: Readonly<Record<EventRecord, readonly [number, number]>> = {
  rest: [909, 1366],
  full: [1833, 2412],
  none: [568, 698],
};

/** What the settings that decide how much of a record is sent would have made of what was sent; none for a stream without such. */
export function modesOf(
  stream: string,
  sent: Billed,
  settings: Pick<Settings, 'EDR_RECORD' | 'VM_RESULTS'>,
): ModeBytes[] {
  if (stream === 'edr-events') return eventModes(sent, settings.EDR_RECORD);
  if (stream === 'vm-detections') return resultModes(sent, settings.VM_RESULTS);
  return [];
}

function eventModes({ bytes, optional }: Billed, now: EventRecord): ModeBytes[] {
  return (['rest', 'full', 'none'] as const).map((value) => {
    const about = { setting: 'EDR_RECORD', value, isSet: value === now };
    if (value === now) return { ...about, bytes, basis: 'counted' };
    // What has no `Record` is what is left without it.
    if (value === 'none') return { ...about, bytes: bytes - optional, basis: 'counted' };
    const factors = EVENT_BYTES[value].map((each, page) => each / (EVENT_BYTES[now][page] ?? each));
    const factor = factors.reduce((sum, each) => sum + each, 0) / factors.length;
    return { ...about, bytes: Math.round(bytes * factor), basis: 'estimated' };
  });
}

function resultModes({ bytes, optional, cut }: Billed, kept: number): ModeBytes[] {
  const about = { setting: 'VM_RESULTS' };
  // A mark says how much was cut; of what was not asked for nobody knows.
  const full: ModeBytes =
    kept === 0
      ? { ...about, value: 'full', isSet: false, bytes: null, basis: 'unknown' }
      : { ...about, value: 'full', isSet: kept === Infinity, bytes: bytes + cut, basis: 'counted' };
  const none: ModeBytes = { ...about, value: 'none', isSet: kept === 0, bytes: bytes - optional, basis: 'counted' };
  const isCap = kept > 0 && kept < Infinity;
  return isCap ? [full, { ...about, value: `cap:${kept}`, isSet: true, bytes, basis: 'counted' }, none] : [full, none];
}
