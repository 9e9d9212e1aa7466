import type { FieldPath } from './field-paths.ts';

/**
 * Keys in the order in which objects were seen to have them. Objects of one feed are alike, so the scanner expects the
 * key that followed last time and compares it word by word instead of searching its end; and an object whose keys are
 * known need not be sorted again.
 */
export interface KeyNode {
  /** The key, decoded; empty for the start of an object. */
  readonly name: string;
  /** Whether this key or one before it has an escape. */
  readonly hasEscapes: boolean;
  /** Bytes of `"key":` as four-byte little-endian words; the last one overlaps its neighbour. */
  readonly words: readonly number[];
  /** Bytes of `"key":`. */
  readonly size: number;
  /** What the reader wants of the value. */
  readonly field: FieldPath | undefined;
  readonly before: KeyNode | undefined;
  /** Keys of the object up to this one. */
  readonly depth: number;
  readonly index: number;
  /** The key that followed last. */
  expected: KeyNode | undefined;
  readonly followers: Map<string, KeyNode>;
  /** Start of the objects found under this key. */
  inside: KeyNode | undefined;
  /** Positions of the object's members in the order of their keys, once computed. */
  order: readonly number[] | undefined;
}

/** Keys met so far. */
export interface KeyTree {
  readonly root: KeyNode;
  readonly nodes: KeyNode[];
}

/** More keys than this are not remembered: a hostile page must not fill the memory. */
const MAX_NODES = 8192;
const MAX_KEY_BYTES = 200;
/** Orders of larger objects are computed each time, for the same reason. */
const MAX_REMEMBERED_ORDER = 256;
/** Larger than any buffer: a key so short that it fills no word is never expected. */
const NEVER = 0x3fff_ffff;

/** A tree that knows no key yet. */
export function createKeyTree(fields: FieldPath): KeyTree {
  const root = createNode(0, '', '', fields, undefined);
  return { root, nodes: [root] };
}

/** Whether no more keys are remembered. */
export function isFull(tree: KeyTree): boolean {
  return tree.nodes.length >= MAX_NODES;
}

/** The node of a key behind `before`, whose raw text (between the quotes, one char a byte) is `raw`; undefined beyond the limits. */
export function followKey(
  tree: KeyTree,
  before: KeyNode,
  raw: string,
  name: string,
  field: FieldPath | undefined,
): KeyNode | undefined {
  const known = before.followers.get(raw);
  if (known !== undefined) return known;
  if (isFull(tree) || raw.length > MAX_KEY_BYTES) return undefined;
  const node = createNode(tree.nodes.length, raw, name, field, before);
  tree.nodes.push(node);
  before.followers.set(raw, node);
  return node;
}

/** Where objects under `node` start. */
export function insideOf(tree: KeyTree, node: KeyNode): KeyNode | undefined {
  if (node.inside === undefined && !isFull(tree)) {
    node.inside = createNode(tree.nodes.length, '', '', node.field, undefined);
    tree.nodes.push(node.inside);
  }
  return node.inside;
}

/** Order of the members of an object that ends with the key `last`, by the UTF-16 code units of their keys; equal keys keep theirs. */
export function memberOrder(last: KeyNode): readonly number[] {
  if (last.order !== undefined) return last.order;
  const names: string[] = [];
  for (let node: KeyNode | undefined = last; node.before !== undefined; node = node.before) names.push(node.name);
  const order = sortedOrder(names.reverse());
  if (last.depth <= MAX_REMEMBERED_ORDER) last.order = order;
  return order;
}

/** Positions of the names in their sorted order. */
export function sortedOrder(names: readonly string[]): readonly number[] {
  return [...names.keys()].sort((left, right) => {
    const [a, b] = [names[left] ?? '', names[right] ?? ''];
    return a < b ? -1 : a > b ? 1 : left - right;
  });
}

function createNode(
  index: number,
  raw: string,
  name: string,
  field: FieldPath | undefined,
  before: KeyNode | undefined,
): KeyNode {
  const text = Buffer.from(`"${raw}":`, 'latin1');
  return {
    name,
    hasEscapes: raw.includes('\\') || before?.hasEscapes === true,
    words: wordsOf(text),
    size: text.length < 4 ? NEVER : text.length,
    field,
    before,
    depth: before === undefined ? 0 : before.depth + 1,
    index,
    expected: undefined,
    followers: new Map(),
    inside: undefined,
    order: undefined,
  };
}

function wordsOf(text: Buffer): readonly number[] {
  if (text.length < 4) return [];
  return Array.from({ length: Math.ceil(text.length / 4) }, (_, index) =>
    text.readInt32LE(Math.min(4 * index, text.length - 4)),
  );
}
