import type { FieldCause } from '../../../cost/causes.ts';
import { messageOf } from '../../../errors.ts';
import { logUnexpected } from '../../../log-unexpected.ts';
import type { Log } from '../../../log.ts';
import type { Clock } from '../../../pipeline/ports.ts';
import type { RecordSample } from '../../../pipeline/record-sample.ts';
import type { HostVerdict } from './host-state.ts';
import {
  bytesOf,
  compareHost,
  decodeSketch,
  encodeSketch,
  hashText,
  LIST_CHANGED,
  readHost,
  sketchOf,
  type HostChange,
  type HostRead,
  type HostSketch,
  type HostTexts,
} from './host-sketch.ts';

/** Finds out what makes hosts changed, by some of them. What fails in it is logged, and then no host is looked at for the rest of a reading. */
export interface HostSampler {
  /** Reads what is kept of those of these hosts that belong to the sample. */
  readonly recall: (ids: readonly bigint[]) => Promise<void>;
  readonly isSampled: (id: string) => boolean;
  /** Looks at a host of the sample. */
  readonly take: (host: SampledHost) => void;
  /** Stores what is to be kept. To be called at the end of a page. */
  readonly store: () => Promise<void>;
}

/** A host of the sample, as it came. */
export interface SampledHost {
  readonly id: string;
  readonly digest: string;
  /** Digest of what was sent of it last, where that is known. */
  readonly known: string | undefined;
  readonly texts: HostTexts;
  readonly verdict: HostVerdict;
}

/** Hosts of the sample: those whose ids have the least hashes. So many tell a share within a few percent. */
export const SAMPLE_SIZE = 200;
/** A host that was not seen for so long makes room for another. */
const KEPT_MS = 30 * 86_400_000;
const DAY_MS = 86_400_000;
/** Workers that begin at once make a sample each, which the pages after that take back. */
const MOST_REMOVED = 50;
/** What Table Storage holds of one. */
const MOST_BYTES = 60_000;
const NO_CAUSE: FieldCause = { records: 0, alone: 0, wholeAlone: 0, changesAlone: 0, isPlain: true };

/** What a sampler goes by. */
export interface SamplerOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Names of elements that do not make a host changed. */
  readonly passing: readonly string[];
  /** Whether a host that went whole at one time goes whole at another one, whatever has changed; epoch milliseconds. */
  readonly isDue: (id: bigint, wholeAt: number, now: number) => boolean;
}

/** Opens the sample for a reading. */
export function openSampler(sample: RecordSample, { clock, isDue, log, passing }: SamplerOptions): HostSampler {
  const names = new Set(passing);
  let stored: Map<bigint, number> | undefined;
  let kept: ReadonlyMap<bigint, Uint8Array> = new Map();
  const wanted = new Set<string>();
  const changed = new Map<bigint, Uint8Array>();
  let sums = startSums();
  let isOff = false;

  async function quietly(act: () => Promise<void>): Promise<void> {
    if (isOff) return;
    try {
      await act();
    } catch (error) {
      isOff = true;
      wanted.clear();
      log.warn('SampleNotKept', { error: messageOf(error) });
      logUnexpected(log, error);
    }
  }

  function keep(id: string, sketch: HostSketch): void {
    const bytes = encodeSketch(sketch);
    if (bytes.length <= MOST_BYTES) changed.set(BigInt(id), bytes);
  }

  function look({ digest, id, known, texts, verdict }: SampledHost): void {
    const today = Math.floor(clock.now().getTime() / DAY_MS);
    const found = kept.get(BigInt(id));
    const before = found === undefined ? undefined : decodeSketch(found);
    const isSame = before?.digest === digest;
    if (verdict === 'unchanged' && isSame) {
      if (before.day === today) return;
      sums.changes += bytesOf(texts.record);
      keep(id, { ...before, day: today });
      return;
    }
    const now = readHost(texts, names);
    // A host whose detections have no keys is sent whole in every mode.
    if (verdict !== 'unchanged' && (verdict !== 'changed' || now === undefined))
      noteWhole(sums, bytesOf(texts.items) + bytesOf(texts.record));
    if (now === undefined) return;
    if (verdict === 'changed' && before !== undefined && before.digest === known) {
      const isTurn = isDue(BigInt(id), endOf(before.day), endOf(today));
      noteChanged(sums, compareHost(before, now), now, { isTurn, isFirst: before.day !== today });
    }
    if (!isSame || before.day !== today) keep(id, sketchOf(now, digest, today));
  }

  return {
    recall: (ids) =>
      quietly(async () => {
        wanted.clear();
        changed.clear();
        sums = startSums();
        if (ids.length === 0) return;
        stored ??= new Map(await sample.list());
        const bound = boundOf([...alive(stored, clock), ...ids]);
        const own = ids.filter((id) => rankOf(id) <= bound);
        for (const id of own) wanted.add(String(id));
        const known = own.filter((id) => stored?.has(id));
        const [first, last] = [known.at(0), known.at(-1)];
        kept = first === undefined || last === undefined ? new Map() : await sample.read(first, last);
      }),
    isSampled: (id) => wanted.has(id),
    take: (host) => {
      try {
        look(host);
      } catch (error) {
        logUnexpected(log, error);
      }
    },
    store: () =>
      quietly(async () => {
        if (sums.whole + sums.changes > 0) sample.note({ ...sums, fields: Object.fromEntries(sums.fields) });
        sums = startSums();
        if (changed.size === 0) return;
        const own = new Map(changed);
        changed.clear();
        const all = stored ?? new Map<bigint, number>();
        for (const id of own.keys()) all.set(id, clock.now().getTime());
        const living = alive(all, clock);
        const bound = boundOf(living);
        const staying = new Set(living.filter((id) => rankOf(id) <= bound));
        for (const id of own.keys()) if (!staying.has(id)) own.delete(id);
        const removed = [...all.keys()].filter((id) => !staying.has(id)).slice(0, MOST_REMOVED);
        for (const id of removed) all.delete(id);
        await sample.save(own, removed);
      }),
  };
}

function startSums() {
  return { compared: 0, whole: 0, changes: 0, fields: new Map<string, FieldCause>() };
}

type Sums = ReturnType<typeof startSums>;

function noteWhole(sums: Sums, bytes: number): void {
  sums.whole += bytes;
  sums.changes += bytes;
}

/**
 * A host would go all the same if nothing had changed: whole at its turn, and where changes are told a row as its first one of a day.
 */
function noteChanged(
  sums: Sums,
  { causes, changedBytes }: HostChange,
  { bytes, odd, recordBytes }: HostRead,
  { isFirst, isTurn }: { readonly isFirst: boolean; readonly isTurn: boolean },
): void {
  sums.compared++;
  sums.whole += bytes;
  sums.changes += isTurn ? bytes : changedBytes;
  const isSparing = causes.length === 1 && !isTurn;
  for (const name of causes) {
    const cause = sums.fields.get(name) ?? NO_CAUSE;
    sums.fields.set(name, {
      records: cause.records + 1,
      alone: cause.alone + Number(causes.length === 1),
      wholeAlone: cause.wholeAlone + (isSparing ? bytes : 0),
      changesAlone: cause.changesAlone + (isSparing ? changedBytes - (isFirst ? recordBytes : 0) : 0),
      isPlain: cause.isPlain && name !== LIST_CHANGED && !odd.has(name),
    });
  }
}

function endOf(day: number): number {
  return (day + 1) * DAY_MS - 1;
}

/** The ids that are not too old. */
function alive(stored: ReadonlyMap<bigint, number>, clock: Clock): bigint[] {
  const since = clock.now().getTime() - KEPT_MS;
  return [...stored].filter(([, at]) => at >= since).map(([id]) => id);
}

/** The highest rank that is in the sample, if it is taken of these ids. */
function boundOf(ids: readonly bigint[]): number {
  const ranks = [...new Set(ids)].map(rankOf).sort((one, two) => one - two);
  return ranks[SAMPLE_SIZE - 1] ?? Infinity;
}

function rankOf(id: bigint): number {
  return hashText(String(id), 0);
}
