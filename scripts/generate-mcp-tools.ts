/**
 * Writes `src/lib/mcp/tool-list.json`: what is registered of the tools for agents, made from the schemas that check their arguments. The
 * registration must not load these schemas, which the host would wait for at every start.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listTool } from '../src/lib/mcp/tool.ts';
import { TOOLS } from '../src/lib/mcp/tools.ts';

/** Path and text of the file. */
export function generateToolList(root: string): { readonly path: string; readonly text: string } {
  const path = join(root, 'src/lib/mcp/tool-list.json');
  return { path, text: `${JSON.stringify(TOOLS.map(listTool), null, 2)}\n` };
}

if (import.meta.main) {
  const { path, text } = generateToolList(join(import.meta.dirname, '..'));
  writeFileSync(path, text);
}
