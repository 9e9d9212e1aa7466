/**
 * Reads the few things from Bicep text that `check:infra` compares. Not a parser: it knows strings, comments and brackets,
 * which is enough for files that the Bicep checker accepts.
 */

/** A resource declaration. */
export interface BicepResource {
  readonly symbol: string;
  /** Type without version, e.g. `Microsoft.Web/sites`; a nested resource has only its last segment. */
  readonly type: string;
  readonly existing: boolean;
  /** Text from the first to the last bracket. */
  readonly body: string;
}

const TOKEN = /'''[\s\S]*?'''|'(?:\\.|[^'\\\n])*'|\/\/[^\n]*|\/\*[\s\S]*?\*\/|[{}[\]]/g;

/**
 * The bracketed block that opens first at or after `from`, brackets included.
 * @throws Error when it does not end.
 */
export function readBlock(text: string, from: number): string {
  let depth = 0;
  let start = -1;
  for (const { 0: token, index } of text.slice(from).matchAll(TOKEN)) {
    if (token === '{' || token === '[') {
      if (depth === 0) start = from + index;
      depth += 1;
    } else if (token === '}' || token === ']') {
      depth -= 1;
      if (depth === 0) return text.slice(start, from + index + 1);
    }
  }
  throw new Error(`a block after ${JSON.stringify(text.slice(from, from + 40))} does not end`);
}

/**
 * The block of a declaration, e.g. `var fixedSettings`.
 * @throws Error when there is no such declaration.
 */
export function readDeclaration(text: string, declaration: string): string {
  const found = new RegExp(`^${declaration} =`, 'm').exec(text);
  if (found === null) throw new Error(`${declaration} is not declared`);
  return readBlock(text, found.index);
}

/** Names of the properties directly in an object (or object type). */
export function readKeys(block: string): string[] {
  return [...stripNested(block).matchAll(/^\s*'?([\w-]+)'?:/gm)].map((match) => match[1] ?? '');
}

/** String literals without interpolation anywhere in a block. */
export function readStrings(block: string): string[] {
  return [...block.matchAll(/'((?:\\.|[^'\\\n$])*)'/g)].map((match) => match[1] ?? '');
}

/** All resources of a file, nested ones too. */
export function readResources(text: string): BicepResource[] {
  return [...text.matchAll(/^\s*resource (\w+) '([^'@]+)(?:@[^']+)?'( existing)? =/gm)].map((match) => ({
    symbol: match[1] ?? '',
    type: match[2] ?? '',
    existing: match[3] !== undefined,
    body: readBlock(text, match.index + match[0].length),
  }));
}

/** The block without what its own blocks hold. */
function stripNested(block: string): string {
  let depth = 0;
  let kept = '';
  let last = 0;
  for (const { 0: token, index } of block.matchAll(TOKEN)) {
    if (depth === 1) kept += block.slice(last, index);
    if (depth === 1 && token.startsWith("'")) kept += token;
    if (token === '{' || token === '[') depth += 1;
    if (token === '}' || token === ']') depth -= 1;
    last = index + token.length;
  }
  return kept;
}
