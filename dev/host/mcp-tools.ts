import type { IncomingHttpHeaders } from 'node:http';
import type { RegisteredFunction } from './app-registry.ts';
import { findTrigger, getText } from './bindings.ts';
import type { InvocationRequest } from './invoke.ts';

/** A tool of an agent's list, as the MCP specification has it. */
export interface ListedTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: { readonly type: 'object'; readonly properties: object; readonly required: readonly string[] };
  readonly _meta?: object;
}

/** What a call of a tool gives, as the MCP specification has it. */
export interface CallToolResult {
  readonly content: readonly object[];
  readonly structuredContent?: unknown;
  readonly isError?: boolean;
}

interface ToolProperty {
  readonly propertyName: string;
  readonly propertyType: string;
  readonly description?: string;
  readonly isRequired?: boolean;
  readonly isArray?: boolean;
}

/** The name that agents call the function's tool by. */
export function toolName(target: RegisteredFunction): string {
  return getText(findTrigger(target).binding, 'toolName') ?? target.metadata.name;
}

function propertiesOf(target: RegisteredFunction): ToolProperty[] {
  return JSON.parse(getText(findTrigger(target).binding, 'toolProperties') ?? '[]') as ToolProperty[];
}

/** Names of the arguments that the extension asks for before the function runs. */
export function requiredArguments(target: RegisteredFunction): string[] {
  return propertiesOf(target)
    .filter(({ isRequired }) => isRequired === true)
    .map(({ propertyName }) => propertyName);
}

/** The tool as the extension lists it. */
export function listTool(target: RegisteredFunction): ListedTool {
  const { binding } = findTrigger(target);
  const properties = propertiesOf(target).map(({ propertyName, propertyType, description = '', isArray }) => {
    const type = isArray === true ? { type: 'array', items: { type: propertyType } } : { type: propertyType };
    return [propertyName, { ...type, description }] as const;
  });
  const metadata = getText(binding, 'metadata');
  return {
    name: toolName(target),
    description: getText(binding, 'description') ?? '',
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      required: requiredArguments(target),
    },
    ...(metadata === undefined ? {} : { _meta: JSON.parse(metadata) as object }),
  };
}

/** What the extension hands to the function: the call as JSON with the headers of its request, and the arguments as texts besides. */
export function toInvocation(
  target: RegisteredFunction,
  args: Readonly<Record<string, unknown>>,
  { clientInfo, headers }: { readonly clientInfo: unknown; readonly headers: IncomingHttpHeaders },
): InvocationRequest {
  const texts = Object.entries(args).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  const transport = { name: 'http-streamable', properties: { headers } };
  const call = { name: toolName(target), arguments: args, clientInfo, transport };
  return {
    inputData: [{ name: findTrigger(target).name, data: { string: JSON.stringify(call) } }],
    triggerMetadata: { mcptoolargs: { json: JSON.stringify(Object.fromEntries(texts)) } },
    reason: 'This function was called as an MCP tool.',
  };
}

/** Reads what the library returns. @throws SyntaxError for what the extension could not read either. */
export function toToolResult(returned: string | undefined): CallToolResult {
  if (returned === undefined) return { content: [] };
  const {
    type,
    content = '',
    structuredContent,
  } = JSON.parse(returned) as {
    readonly type: string;
    readonly content?: string;
    readonly structuredContent?: string;
  };
  const value = JSON.parse(content) as object;
  if (type === 'call_tool_result') return value as CallToolResult;
  const blocks = type === 'multi_content_result' ? (value as object[]) : [value];
  if (structuredContent === undefined) return { content: blocks };
  return { content: blocks, structuredContent: JSON.parse(structuredContent) as unknown };
}
