import { QueryError, type Comparison, type QueryNode, type QueryValue } from './query.ts';
import { parseTime, type TimeResolution, type TimeSpan } from './query-times.ts';
import { findToken, isProcessedTime, TOKEN_NAMES, type Candidate, type QueryToken } from './query-tokens.ts';

/** Decides whether an event fits. */
export type Predicate = (candidate: Candidate) => boolean;

/** A filter made ready: bounds on the processed time, both included, and what else must hold. */
export interface CompiledQuery {
  readonly from: number;
  readonly to: number;
  /** Absent where the bounds say everything. */
  readonly predicate?: Predicate;
}

/** What the meaning of a time literal depends on. */
export interface QueryContext {
  readonly now: number;
  readonly resolution: TimeResolution;
  /** Conditions on times hold for every record. */
  readonly ignoresTime?: boolean;
}

const EVERYTHING: CompiledQuery = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

function tokenOf(name: string): QueryToken {
  const token = findToken(name);
  if (token === undefined) throw new QueryError(`unknown token ${name}; known are ${TOKEN_NAMES.join(', ')}`);
  return token;
}

function timeOf(value: QueryValue, context: QueryContext): TimeSpan {
  const span = parseTime(value.text, context.now, context.resolution);
  if (span === undefined) throw new QueryError(`${value.text} is no time such as 2024-09-15T00:30:00.000Z`);
  return span;
}

function numberOf(value: QueryValue): TimeSpan {
  const number = value.text.trim() === '' ? Number.NaN : Number(value.text);
  if (!Number.isFinite(number)) throw new QueryError(`${value.text} is no number`);
  return { start: number, end: number };
}

/** Values that have an order, as spans: a number is a span of one point. */
function spanReader(token: QueryToken, name: string, context: QueryContext): (value: QueryValue) => TimeSpan {
  if (token.kind === 'time') return (value) => timeOf(value, context);
  if (token.kind === 'number') return numberOf;
  throw new QueryError(`${name} has no order: ranges and comparisons need a time or a number`);
}

function boundsOf(node: QueryNode & { kind: 'range' }, context: QueryContext): CompiledQuery {
  const read = spanReader(tokenOf(node.token), node.token, context);
  const low = read(node.low);
  const high = read(node.high);
  return node.isInclusive ? { from: low.start, to: high.end } : { from: low.end + 1, to: high.start - 1 };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}

function holdsInSequence(text: readonly string[], wanted: readonly string[]): boolean {
  return text.some((_, start) => wanted.every((word, turn) => text[start + turn] === word));
}

function toPattern(wildcard: string): RegExp {
  const literal = wildcard.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|/]/gu, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`, 'iu');
}

/** Backticks mean the value itself, quotes its words in sequence, bare words in any order; `*` stands for anything. */
function matchText(value: QueryValue): (text: string) => boolean {
  if (value.quote === 'exact') return (text) => text === value.text;
  if (value.quote === 'bare' && value.text.includes('*')) {
    const pattern = toPattern(value.text);
    return (text) => pattern.test(text);
  }
  const wanted = wordsOf(value.text);
  if (wanted.length === 0) return () => false;
  if (value.quote === 'phrase') return (text) => holdsInSequence(wordsOf(text), wanted);
  return (text) => wanted.every((word) => wordsOf(text).includes(word));
}

function matchKeyword(value: QueryValue): (text: string) => boolean {
  const wanted = value.text.toLowerCase();
  return (text) => text.toLowerCase() === wanted;
}

function matchOne(token: QueryToken, name: string, value: QueryValue, context: QueryContext): Predicate {
  if (token.kind === 'time' || token.kind === 'number') {
    // A bare day or second stands for all of it here, however finely the ranges see.
    const { start, end } = spanReader(token, name, { ...context, resolution: 'second' })(value);
    return (candidate) => isWithin(token.read(candidate), start, end);
  }
  const fits = token.kind === 'keyword' ? matchKeyword(value) : matchText(value);
  return (candidate) => {
    const text = token.read(candidate);
    return text !== undefined && fits(text);
  };
}

function isWithin(value: number | undefined, from: number, to: number): boolean {
  return value !== undefined && value >= from && value <= to;
}

function compare(operator: Comparison, value: number, span: TimeSpan): boolean {
  switch (operator) {
    case '>=':
      return value >= span.start;
    case '<=':
      return value <= span.end;
    case '>':
      return value > span.end;
    case '<':
      return value < span.start;
    case '=':
      return value >= span.start && value <= span.end;
  }
}

function compileComparison(node: QueryNode & { kind: 'compare' }, context: QueryContext): Predicate {
  const token = tokenOf(node.token);
  const span = spanReader(token, node.token, context)(node.value);
  return (candidate) => {
    const value = token.read(candidate);
    return typeof value === 'number' && compare(node.operator, value, span);
  };
}

function isTimeCondition(node: QueryNode): boolean {
  return 'token' in node && tokenOf(node.token).kind === 'time';
}

function compileRange(node: QueryNode & { kind: 'range' }, context: QueryContext): Predicate {
  const token = tokenOf(node.token);
  const { from, to } = boundsOf(node, context);
  // Numbers need not be whole: an exclusive bound is compared as such, not moved by one.
  const isNumber = token.kind === 'number' && !node.isInclusive;
  return (candidate) => {
    const value = token.read(candidate);
    if (typeof value !== 'number') return false;
    return isNumber ? value > from - 1 && value < to + 1 : isWithin(value, from, to);
  };
}

function compilePredicate(node: QueryNode, context: QueryContext): Predicate {
  if (context.ignoresTime === true && isTimeCondition(node)) return () => true;
  switch (node.kind) {
    case 'and':
    case 'or': {
      const parts = node.parts.map((part) => compilePredicate(part, context));
      if (node.kind === 'and') return (candidate) => parts.every((part) => part(candidate));
      return (candidate) => parts.some((part) => part(candidate));
    }
    case 'not': {
      const part = compilePredicate(node.part, context);
      return (candidate) => !part(candidate);
    }
    case 'match': {
      const token = tokenOf(node.token);
      const any = node.values.map((value) => matchOne(token, node.token, value, context));
      return (candidate) => any.some((fits) => fits(candidate));
    }
    case 'compare':
      return compileComparison(node, context);
    case 'range':
      return compileRange(node, context);
  }
}

function isProcessedRange(node: QueryNode): node is QueryNode & { kind: 'range' } {
  return node.kind === 'range' && isProcessedTime(findToken(node.token));
}

/**
 * Makes a filter ready to run. Ranges of the processed time that hold for the whole filter become bounds, so that
 * the search looks at no event outside them.
 * @throws QueryError for an unknown token or a value the token cannot have.
 */
export function compileQuery(node: QueryNode | undefined, context: QueryContext): CompiledQuery {
  if (node === undefined) return EVERYTHING;
  const parts = node.kind === 'and' ? node.parts : [node];
  const ranges = parts.filter(isProcessedRange).map((part) => boundsOf(part, context));
  const bounds = context.ignoresTime === true ? [] : ranges;
  const rest = parts.filter((part) => !isProcessedRange(part)).map((part) => compilePredicate(part, context));
  return {
    from: Math.max(EVERYTHING.from, ...bounds.map(({ from }) => from)),
    to: Math.min(EVERYTHING.to, ...bounds.map(({ to }) => to)),
    ...(rest.length === 0 ? {} : { predicate: (candidate: Candidate) => rest.every((part) => part(candidate)) }),
  };
}
