/** What the vendor's counts of a window have said. */
export interface CountMemory {
  /** The greatest of them binds, until a lower one is agreed on. */
  readonly greatest: number;
  readonly latest: number;
  /** A lower one which a whole read has brought to the document, and when it was first heard, ISO 8601. */
  readonly lower?: { readonly count: number; readonly since: string };
}

/** How a read ended. */
export type ReadEnd =
  /** An empty page: nothing is left. */
  | 'empty'
  /** The vendor names no further cursor. */
  | 'chain'
  /** A page shorter than others were. */
  | 'short'
  /** A page, or a few without records, that brought nothing new, or an answer that held nothing at all: the vendor gives no more, whatever there is. */
  | 'stuck'
  /** The vendor's paging reaches no further. */
  | 'reach';

/** A read that has come to an end. */
export interface EndedRead {
  readonly end: ReadEnd;
  /** Documents that this read alone has brought. */
  readonly documents: number;
  /** Whether a document came on two of its pages. */
  readonly isRepeated: boolean;
  /** Whether the window is not to be read once more at once. */
  readonly isLast: boolean;
}

/** What follows from a read. */
export type Verdict =
  | 'complete'
  /** Something else came than was counted: an empty page must prove the end. */
  | 'go-on'
  /** More may be there than paging reaches. */
  | 'beyond-reach'
  | 'read-again'
  /** To be read, or counted, again later. */
  | 'short';

/** A lower count is believed when it was heard twice, so far apart. */
const AGREEMENT_MS = 10 * 60_000;

/** Adds a count. */
export function hearCount(memory: CountMemory | undefined, count: number): CountMemory {
  return { ...memory, greatest: Math.max(memory?.greatest ?? 0, count), latest: count };
}

/**
 * Compares a whole read with what was counted. The count never ends a read; it tells what is missing. The greatest one binds, so that no
 * wrong low one hides a loss; two lower ones ten minutes apart that agree with a whole read free the window from a wrong high one.
 */
export function judgeRead(
  { end, documents, isRepeated, isLast }: EndedRead,
  memory: CountMemory,
  now: Date,
): { readonly verdict: Verdict; readonly memory: CountMemory } {
  const again = isLast ? 'short' : 'read-again';
  if (end === 'reach') return { verdict: 'beyond-reach', memory };
  if (documents !== memory.greatest && end === 'short') return { verdict: 'go-on', memory };
  if (documents > memory.greatest && end === 'stuck') return { verdict: again, memory };
  if (documents >= memory.greatest) return { verdict: isRepeated && !isLast ? 'read-again' : 'complete', memory };
  const { lower: before, ...rest } = memory;
  if (memory.latest !== documents) return { verdict: again, memory: rest };
  const lower = before?.count === documents ? before : { count: documents, since: now.toISOString() };
  const isAgreed = now.getTime() - Date.parse(lower.since) >= AGREEMENT_MS;
  return { verdict: isAgreed ? 'complete' : 'short', memory: { ...rest, lower } };
}
