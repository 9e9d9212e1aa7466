import { createHash } from 'node:crypto';
import { createDetectionBook, openKnown, UnknownChangesError, type KnownDetections } from './detection-book.ts';
import { idOf, type HeldRecords } from '../../decode-list.ts';
import type { HostTexts } from './host-sketch.ts';
import { DIGEST_DIGITS, type HostBase, type HostMemory, type HostVerdict } from './host-state.ts';

/** A host that takes more than this, in bytes of JSON text, is written before its end is known. */
const MOST_HELD = 3_000_000;
/** Hosts that wait for what is remembered of their detections: it is read for so many, or for so many bytes, at once. */
const MOST_WAITING = 100;
const MOST_WAITING_BYTES = 6_000_000;

/** XML of an element that fits no row. */
export interface LongPart {
  readonly xml: Uint8Array;
  readonly isLast: boolean;
  readonly path: string;
}

/** What is sent of a host. */
export interface HostPlan {
  readonly id: string | undefined;
  readonly verdict: HostVerdict;
  /** `None`: not one row. */
  readonly type: 'Whole' | 'Changes' | 'Unchanged' | 'None';
  /** What its rows build upon, where they do not tell the whole host. */
  readonly base?: HostBase | undefined;
}

/** What is remembered of a host that was sent. */
export interface HostState {
  readonly digest: string;
  /** Its detections; absent where changes of it cannot be told. */
  readonly detections?: Buffer | undefined;
}

/** Who writes hosts once it is known what is sent of them. */
export interface HostWriter {
  /** The id of the host being read, as far as it is known; what came of its own elements since they were taken last. */
  readonly readId: () => string | undefined;
  readonly takeRecord: () => string;
  /** Also for a host that has begun: what is learnt of it at its end. */
  readonly plan: (plan: HostPlan) => void;
  readonly add: (detection: string) => void;
  readonly addLong: (part: LongPart) => void;
  readonly end: (rest: string, state?: HostState) => void;
}

/** Holds hosts of a page until it is known what of them is sent, in their order. */
export interface HeldHosts extends HeldRecords {
  readonly add: (detection: string) => void;
  readonly addLong: (part: LongPart) => void;
  readonly end: (rest: string) => void;
  /** Of the host being written. */
  readonly id: () => string | undefined;
  readonly takeRecord: () => string;
}

/** Holds hosts for the changes of their detections. `isWhole` tells hosts of which everything has to go. */
export function holdHosts(
  writer: HostWriter,
  { base: baseAt, isSampled, judge, passing }: Omit<HostMemory, 'base'> & Required<Pick<HostMemory, 'base'>>,
  isWhole: (id: string) => boolean,
): HeldHosts {
  let queue: Held[] = [];
  let open = begin();
  let writing: Held | undefined;
  const came = new Set<bigint>();

  const said = (json: string): string => json.replace(passing, '');
  const noteRecord = (host: Held, json: string): string => {
    // However many pieces it comes in.
    const text = said(json.slice(1, -1)).replace(/,$/, '');
    if (text !== '') host.record.update(`${text},`, 'latin1');
    host.own.push(json);
    return json;
  };
  /** What comes again on a page is a part of a host, and is compared with none. */
  const isComing = (text: string): boolean => {
    const id = idOf(text);
    return id !== undefined && !came.has(id);
  };
  const baseOf = (id: string | undefined): HostBase | undefined =>
    id === undefined || isWhole(id) || !isComing(id) ? undefined : baseAt(id);

  /** What of a host is sent, at its end. */
  function planOf(id: string | undefined, host: Held): HostPlan {
    const { digest, detections } = host.state;
    if (id === undefined || isWhole(id) || !isComing(id)) return { id, verdict: 'uncompared', type: 'Whole' };
    const verdict = judge(id, digest, isSampled?.(id) === true ? textsOf(host) : undefined);
    const base = baseAt(id);
    if (verdict === 'unchanged') return { id, verdict, type: base?.isSilent === true ? 'Unchanged' : 'None', base };
    const isTold = verdict === 'changed' && detections !== undefined && base !== undefined;
    return { id, verdict, type: isTold ? 'Changes' : 'Whole', base };
  }

  /** Writes what came of a host, but for what is known. */
  function feed({ book, parts }: Held, known: KnownDetections | undefined): void {
    for (const [index, part] of parts.entries()) {
      if (typeof part !== 'string') writer.addLong(part);
      else if (known?.has(book.entry(index)) !== true) writer.add(part);
    }
  }

  function write(host: Held, book: Uint8Array | undefined): void {
    const { plan, state } = host;
    const isTold = plan.type === 'Changes' && book !== undefined;
    const type = plan.type === 'Changes' && !isTold ? 'Whole' : plan.type;
    const known = isTold ? openKnown(book) : undefined;
    writing = host;
    writer.plan({ ...plan, type });
    if (type === 'Whole' || isTold) feed(host, known);
    for (const gone of known?.gone() ?? []) writer.add(gone);
    writer.end(takeRest(host), state);
    writing = undefined;
  }

  /** Writes the host that is being read, as far as it has come. */
  function startLive(host: Held, book: Uint8Array | undefined): void {
    const id = writer.readId();
    const base = book === undefined ? undefined : baseOf(id);
    const known = base === undefined || book === undefined ? undefined : openKnown(book);
    host.live = { base, known };
    writer.plan(
      known === undefined
        ? { id, verdict: 'uncompared', type: 'Whole' }
        : { id, verdict: 'changed', type: 'Changes', base },
    );
    feed(host, known);
    host.parts = [];
  }

  function endLive(host: Held, rest: string): void {
    const { base, known } = host.live ?? {};
    const id = writer.readId();
    if (known !== undefined && base !== undefined) {
      if (host.state.detections === undefined) throw unknownChanges(id);
      const plan = planOf(id, host);
      if (plan.type === 'None' || plan.type === 'Unchanged') writer.plan(plan);
      else for (const gone of known.gone()) writer.add(gone);
    }
    writer.end(rest, host.state);
  }

  const isOver = (): boolean => open.live === undefined && (open.bytes > MOST_HELD || !open.isComparable);
  const waiting = (): Held[] => queue.filter(({ plan }) => plan.type === 'Changes');

  return {
    add: (detection) => {
      const entry = open.book.add(detection, said(detection));
      if (open.live === undefined) {
        open.parts.push(detection);
        open.bytes += detection.length;
        return;
      }
      const { known } = open.live;
      if (known !== undefined && !open.book.isKeyed()) throw unknownChanges(writer.readId());
      if (known?.has(entry) !== true) writer.add(detection);
    },
    addLong: (part) => {
      open.texts.update(part.xml);
      open.isComparable = false;
      if (open.live?.known !== undefined) throw unknownChanges(writer.readId());
      if (open.live === undefined) open.parts.push({ ...part, xml: Buffer.from(part.xml) });
      else writer.addLong(part);
    },
    end: (rest) => {
      const host = open;
      const id = writer.readId();
      noteRecord(host, rest);
      host.state = stateOf(host);
      if (host.live !== undefined) endLive(host, rest);
      else {
        host.rest = rest;
        host.plan = planOf(id, host);
        queue.push(host);
        if (waiting().length === 0) for (const each of queue.splice(0)) write(each, undefined);
      }
      const number = idOf(id);
      if (number !== undefined) came.add(number);
      open = begin();
    },
    id: () => (writing === undefined ? writer.readId() : writing.plan.id),
    takeRecord: () => {
      if (writing === undefined) return noteRecord(open, writer.takeRecord());
      return takeRest(writing);
    },
    wanted: (isEnd) => {
      const hosts = waiting();
      const bytes = queue.reduce((sum, host) => sum + host.bytes, 0);
      if (!isOver() && bytes < MOST_WAITING_BYTES && hosts.length < MOST_WAITING && !(isEnd && queue.length > 0))
        return undefined;
      const wanted = new Map(hosts.map(({ plan }) => [plan.id ?? '', plan.base?.digest ?? '']));
      const id = writer.readId();
      const base = isOver() && open.isComparable && open.book.isKeyed() ? baseOf(id) : undefined;
      if (id !== undefined && base !== undefined) wanted.set(id, base.digest);
      return wanted;
    },
    settle: (known) => {
      for (const host of queue) write(host, known.get(host.plan.id ?? ''));
      queue = [];
      if (isOver()) startLive(open, open.isComparable ? known.get(writer.readId() ?? '') : undefined);
    },
  };
}

/** A host of which nothing has come. */
function begin() {
  return {
    book: createDetectionBook(),
    /** Over its own elements, and over what is too long to be compared. */
    record: createHash('sha256'),
    texts: createHash('sha256'),
    own: [] as string[],
    parts: [] as (string | LongPart)[],
    bytes: 0,
    isComparable: true,
    /** Set once it is written while it is read. */
    live: undefined as
      { readonly base?: HostBase | undefined; readonly known?: KnownDetections | undefined } | undefined,
    /** Set at its end. */
    rest: undefined as string | undefined,
    state: { digest: '' } as HostState,
    plan: { id: undefined, verdict: 'uncompared', type: 'Whole' } as HostPlan,
  };
}

type Held = ReturnType<typeof begin>;

function takeRest(host: Held): string {
  const { rest = '{}' } = host;
  host.rest = undefined;
  return rest;
}

/** Undefined for a host that is not whole here. */
function textsOf({ isComparable, live, own, parts }: Held): HostTexts | undefined {
  if (!isComparable || live !== undefined) return undefined;
  return { items: parts.filter((part) => typeof part === 'string'), record: own };
}

/** The state of a host that has ended. The order of its detections does not count. */
function stateOf({ book, isComparable, record, texts }: Held): HostState {
  const detections = book.end();
  const all = createHash('sha256').update(record.digest()).update(texts.digest()).update(detections);
  const digest = all.digest('hex').slice(0, DIGEST_DIGITS);
  return { digest, detections: isComparable && book.isKeyed() ? detections : undefined };
}

function unknownChanges(id: string | undefined): UnknownChangesError {
  return new UnknownChangesError(`what changed of host ${id ?? ''} cannot be told: it is read again, and sent whole`);
}
