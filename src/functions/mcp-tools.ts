import { app, type InvocationContext } from '@azure/functions';
import { signsIn, unguardedMcpBy } from '../lib/sign-in.ts';
import { lazy } from '../lib/load-handlers.ts';
import tools from '../lib/mcp/tool-list.json' with { type: 'json' };
import { toToolResponse } from '../lib/mcp/tool-result.ts';

const isSignIn = signsIn(process.env.CALLER_AUTH);
// Another value than those allowed is reported with the other settings, at their first use.
const isOff = /^(0|false)$/i.test(process.env.MCP_TOOLS?.trim() ?? '') || unguardedMcpBy(process.env) !== undefined;

for (const { toolName, ...tool } of isOff ? [] : tools) {
  const run = lazy((handlers) => handlers.mcpTools.runTool(toolName, isSignIn));
  // Named as the tool, because a setting that switches a function off must not hold a hyphen on Linux.
  app.mcpTool(toolName, {
    toolName,
    ...tool,
    handler: async (input: unknown, context: InvocationContext) => toToolResponse(await run(input, context)),
  });
}
