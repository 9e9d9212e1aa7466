import type { InvocationContext } from '@azure/functions';
import { withLogTarget } from '../log.ts';
import { callTool } from '../mcp/call-tool.ts';
import type { ToolOutcome } from '../mcp/tool-result.ts';
import { TOOLS } from '../mcp/tools.ts';

/**
 * Runs a tool by its name, as the library hands the call over.
 * @param isSignIn whether callers sign in with Entra ID, and need a role for the tool.
 */
export function runTool(
  name: string,
  isSignIn: boolean,
): (input: unknown, context: InvocationContext) => Promise<ToolOutcome> {
  const tool = TOOLS.find((each) => each.name === name);
  if (tool === undefined) throw new RangeError(`there is no tool ${name}`);
  return (input, context) =>
    withLogTarget(context, () => callTool(tool, { input, metadata: context.triggerMetadata?.mcptoolargs, isSignIn }));
}
