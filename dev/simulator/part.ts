import type { EventStore } from './events.ts';
import type { HostStore } from './hosts.ts';
import type { SimulatorSettings } from './settings.ts';
import type { KnowledgeBase } from './vulnerabilities.ts';
import type { Route } from './world.ts';

/** Where the data of a part lies, milliseconds since 1970. */
export interface DataSpan {
  readonly seed: number;
  readonly start: number;
  readonly end: number;
}

/** What parts are made over: events, hosts and the KnowledgeBase are made of one another. */
export interface PartBase {
  readonly span: DataSpan;
  readonly settings: SimulatorSettings;
  readonly events: EventStore;
  readonly hosts: HostStore;
  readonly knowledgeBase: KnowledgeBase;
}

/** The records of a part. */
export interface PartData {
  /** What may be put in or changed, by the names in changes of data. Each throws a RangeError naming what is wrong; then it changed nothing. */
  readonly changes: Readonly<Record<string, (records: readonly never[]) => void>>;
  /** Ids of what lies in a half-open span and can be seen `now`: what a complete ingestion must hold. */
  readonly ids: (span: { readonly first: number; readonly end: number }, now: number) => Iterable<string>;
}

/** A feed of the vendor: all of it in one file of `parts/`, which exports it as `part`. */
export interface Part {
  /** In `/_sim/<name>`. */
  readonly name: string;
  readonly routes: readonly Route[];
  readonly create: (base: PartBase) => PartData;
}

/** The instant that an ISO text tells. Throws a RangeError for another one. */
export function instantOf(name: string, text: unknown): number {
  const instant = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(instant)) throw new RangeError(`${name} must be an ISO 8601 time, not ${JSON.stringify(text)}`);
  return instant;
}
