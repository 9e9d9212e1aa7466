import { listTool } from '../../src/lib/mcp/tool.ts';
import { TOOLS } from '../../src/lib/mcp/tools.ts';
import { readText, type GeneratedFile } from './generated-file.ts';

/**
 * What is registered of the tools for agents, made from the schemas that check their arguments. The registration must not load these
 * schemas, which the host would wait for at every start.
 */
export function generateToolList(): GeneratedFile {
  return { path: 'src/lib/mcp/tool-list.json', text: `${JSON.stringify(TOOLS.map(listTool), null, 2)}\n` };
}

/** The app's version where agents see it, in host.json, and in the page about that file. */
export function generateServerVersion(root: string): GeneratedFile[] {
  const { version } = JSON.parse(readText(root, 'package.json')) as { version: string };
  const places = { 'host.json': /("serverVersion": ")[^"]*/, 'docs/host-json.md': /(\.serverVersion` \| `)[^`]*/ };
  return Object.entries(places).map(([path, place]) => ({
    path,
    text: readText(root, path).replace(place, `$1${version}`),
  }));
}
