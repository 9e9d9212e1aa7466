import { fraction, hash32, uuidOf } from './random.ts';

/** What a search needs to know of an event before the whole record is made. */
export interface EventFacts {
  readonly id: string;
  /** FILE, PROCESS, NETWORK, REGISTRY, MUTEX, or whatever a record put in by hand says. */
  readonly type: string;
  readonly action: string;
  /** When it happened on the asset, milliseconds since 1970. */
  readonly dateTime: number;
  /** When the cloud processed it. */
  readonly processedTime: number;
  /** Absent where the record has no score or a blank one. */
  readonly score: number | undefined;
  /** Whether `state=true` finds it. */
  readonly isCurrent: boolean;
  readonly agentId: string;
}

/** Agents that the events are spread over. */
export const AGENTS = 200;

/** Tags that keep the draws of different properties apart. */
const DRAW = { type: 2, score: 3, state: 4, delay: 5, id: 6, agent: 7 } as const;

const DAY_MS = 86_400_000;

const TYPES = [
  { upTo: 0.45, type: 'FILE', action: 'CREATED', prefix: 'RTF' },
  { upTo: 0.7, type: 'PROCESS', action: 'RUNNING', prefix: 'RTP' },
  { upTo: 0.85, type: 'NETWORK', action: 'ESTABLISHED', prefix: 'N' },
  { upTo: 0.95, type: 'REGISTRY', action: 'CREATED', prefix: 'R' },
  { upTo: 1, type: 'MUTEX', action: 'RUNNING', prefix: 'M' },
] as const;

/** Number of the agent that sent an event. */
export function agentNumberOf(seed: number, index: number): number {
  return hash32(seed, index, DRAW.agent) % AGENTS;
}

/** Most events are processed within a quarter of an hour; some agents were offline for hours or days. */
function delayOf(seed: number, index: number): number {
  const draw = fraction(seed, index, DRAW.delay);
  const within = fraction(seed, index, DRAW.delay, 1);
  if (draw < 0.03) return Math.floor((1 + 8 * within) * DAY_MS);
  if (draw < 0.1) return Math.floor((1 + 11 * within) * 3_600_000);
  return Math.floor((5 + 895 * within) * 1_000);
}

/** The low half is the index, so that an id leads back to its event; the whole is signed, as the vendor's. */
function idOf(seed: number, index: number, prefix: string, agentId: string): string {
  const high = BigInt(hash32(seed, index, DRAW.id));
  const bits = BigInt.asIntN(64, (high << 32n) | BigInt(index));
  const process = prefix === 'RTF' || prefix === 'R' ? '' : `_${1_000 + (hash32(seed, index, DRAW.id, 1) % 60_000)}`;
  return `${prefix}_${agentId}_${bits}${process}`;
}

/** How the score of an event is written, if at all. */
export type ScoreForm = 'text' | 'number' | 'blank' | 'absent';

/** The vendor writes the score as a text most of the time, leaves it out or sends one space. */
export function scoreFormOf(seed: number, index: number): ScoreForm {
  const draw = fraction(seed, index, DRAW.score);
  if (draw < 0.85) return 'text';
  if (draw < 0.9) return 'number';
  return draw < 0.93 ? 'blank' : 'absent';
}

/** Makes the facts of a generated event from its index and time. */
export type FactsMaker = (index: number, processedTime: number) => EventFacts;

/** All follows from seed, index and time; the id, which costs most, only when it is asked for. */
export function createFactsMaker(seed: number): FactsMaker {
  const agentIds = Array.from({ length: AGENTS }, (_, agent) => uuidOf(seed, agent, DRAW.agent));
  return (index, processedTime) => {
    const draw = fraction(seed, index, DRAW.type);
    const kind = TYPES.find((candidate) => draw < candidate.upTo) ?? TYPES[0];
    const agentId = agentIds[agentNumberOf(seed, index)] ?? '';
    const form = scoreFormOf(seed, index);
    return {
      get id() {
        return idOf(seed, index, kind.prefix, agentId);
      },
      type: kind.type,
      action: kind.action,
      dateTime: processedTime - delayOf(seed, index),
      processedTime,
      score: form === 'blank' || form === 'absent' ? undefined : hash32(seed, index, DRAW.score, 1) % 11,
      isCurrent: fraction(seed, index, DRAW.state) < 0.7,
      agentId,
    };
  };
}

/** The signed number in a generated id, as text. */
export function numberOfId(id: string): string | undefined {
  return /_(-?\d+)(?:_\d+)?$/u.exec(id)?.[1];
}

/** The index that a generated id was made from; undefined when it has another form. */
export function indexOfId(id: string): number | undefined {
  const bits = numberOfId(id);
  return bits === undefined ? undefined : Number(BigInt.asUintN(32, BigInt(bits)));
}
