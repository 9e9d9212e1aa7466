import { listTool } from '../../src/lib/mcp/tool.ts';
import { TOOLS } from '../../src/lib/mcp/tools.ts';
import type { GeneratedFile } from './generated-file.ts';

/**
 * What is registered of the tools for agents, made from the schemas that check their arguments. The registration must not load these
 * schemas, which the host would wait for at every start.
 */
export function generateToolList(): GeneratedFile {
  return { path: 'src/lib/mcp/tool-list.json', text: `${JSON.stringify(TOOLS.map(listTool), null, 2)}\n` };
}
