import { McpContentBlock, McpTextContent, McpToolResponse } from '@azure/functions';

/** How a tool's call ended, as plain data. */
export type ToolOutcome =
  | { readonly result: object }
  /** A failure, with what the agent can do about it. */
  | { readonly error: string };

/**
 * A result with `isError`. The library drops that flag of a `McpToolResponse` (4.16.5, Azure/azure-functions-nodejs-library#444), so this
 * block is the whole `CallToolResult`, which the extension takes as it is.
 */
class ToolError extends McpContentBlock {
  readonly type = 'call_tool_result';
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  toJSON(): Record<string, unknown> {
    return { content: [{ type: 'text', text: this.#text }], isError: true };
  }
}

/** What the library makes an MCP result of: JSON as text for every client, and structured for those that read it. */
export function toToolResponse(outcome: ToolOutcome): McpToolResponse | McpContentBlock {
  if ('error' in outcome) return new ToolError(outcome.error);
  const content = [new McpTextContent(JSON.stringify(outcome.result))];
  return new McpToolResponse({ content, structuredContent: outcome.result });
}
