import { XMLParser } from 'fast-xml-parser';
import { findStart, MOST_START_BYTES } from '../call/document-start.ts';

/** The vendor's small answer document: what it did or why it refused. */
export interface VendorReturn {
  readonly root: 'SIMPLE_RETURN' | 'GENERIC_RETURN';
  /** The vendor's code, e.g. `1905`; absent for a success. */
  readonly code?: string;
  readonly text: string;
  /** `ITEM` pairs, e.g. `SECONDS_TO_WAIT`. */
  readonly items: ReadonlyMap<string, string>;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  textNodeName: '#text',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
});

/** The name of the root element of an XML (or XHTML) text, or undefined when the text does not start like one. */
export function rootOf(text: string): string | undefined {
  return findStart(bytesOf(text)).root;
}

/**
 * Reads a `SIMPLE_RETURN` or `GENERIC_RETURN` document, or returns undefined for anything else.
 * Only the first 64 KB are read, and only the root element, so that no entity of a document type is ever seen.
 */
export function parseReturn(text: string): VendorReturn | undefined {
  const bytes = bytesOf(text);
  const { root, rootAt } = findStart(bytes);
  if (root !== 'SIMPLE_RETURN' && root !== 'GENERIC_RETURN') return undefined;
  const content = child(parse(bytes.toString('utf8', rootAt)), root);
  return root === 'SIMPLE_RETURN' ? simpleReturn(child(content, 'RESPONSE')) : genericReturn(child(content, 'RETURN'));
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.slice(0, MOST_START_BYTES));
}

function parse(element: string): unknown {
  try {
    return parser.parse(element);
  } catch {
    return undefined;
  }
}

function simpleReturn(response: unknown): VendorReturn {
  const items = many(child(child(response, 'ITEM_LIST'), 'ITEM')).map(
    (item) => [textOf(child(item, 'KEY')), textOf(child(item, 'VALUE'))] as const,
  );
  return {
    root: 'SIMPLE_RETURN',
    ...codeIn(child(response, 'CODE')),
    text: textOf(child(response, 'TEXT')),
    items: new Map(items),
  };
}

function genericReturn(content: unknown): VendorReturn {
  return { root: 'GENERIC_RETURN', ...codeIn(child(content, '@number')), text: textOf(content), items: new Map() };
}

function codeIn(node: unknown): { code?: string } {
  const code = textOf(node);
  return code === '' || /^0+$/.test(code) ? {} : { code };
}

function child(node: unknown, name: string): unknown {
  const owner: unknown = Array.isArray(node) ? node[0] : node;
  return typeof owner === 'object' && owner !== null && Object.hasOwn(owner, name)
    ? (owner as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function many(node: unknown): readonly unknown[] {
  if (Array.isArray(node)) return node;
  return node === undefined ? [] : [node];
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

function textOf(node: unknown): string {
  const content = typeof node === 'object' ? child(node, '#text') : node;
  const text = typeof content === 'string' ? content : '';
  return text.replace(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => ENTITIES[name] ?? '').trim();
}
