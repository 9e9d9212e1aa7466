import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { RegisteredFunction } from './app-registry.ts';
import type { McpServerInfo } from './host-json.ts';
import { readBody } from './http-request.ts';
import { writeStatus } from './http-response.ts';
import type { Invoker } from './invoke.ts';
import { listTool, requiredArguments, toInvocation, toolName, toToolResult, type CallToolResult } from './mcp-tools.ts';

/** Where the MCP extension answers. */
export const mcpPath = ['runtime', 'webhooks', 'mcp'];

/** What the endpoint needs of the host. */
export interface McpOptions {
  readonly targets: readonly RegisteredFunction[];
  readonly server: McpServerInfo;
  readonly invoker: Invoker;
  readonly bodyLimit: number;
  /** Whether no key is asked for. */
  readonly isAnonymous: boolean;
}

const protocolVersion = '2025-06-18';
const [parseError, invalidRequest, unknownMethod, invalidParams] = [-32700, -32600, -32601, -32602];

interface JsonRpcRequest {
  readonly id?: string | number;
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A refusal by the protocol; what a tool itself says is a result. */
class ProtocolError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Answers one message of the streamable HTTP transport as JSON: enough for a client to list and call the tools of the app. The extension
 * of Azure can more (server-sent events, sessions).
 */
export async function answerMcp(
  request: IncomingMessage,
  response: ServerResponse,
  options: McpOptions,
): Promise<void> {
  if (request.method !== 'POST') {
    writeStatus(response, 405);
    return;
  }
  const text = (await readBody(request, options.bodyLimit)).toString();
  let id: JsonRpcRequest['id'];
  try {
    const message = parseMessage(text);
    ({ id } = message);
    if (id === undefined) {
      writeStatus(response, 202);
      return;
    }
    send(response, { jsonrpc: '2.0', id, result: await runMethod(message, request.headers, options) });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    send(response, { jsonrpc: '2.0', id: id ?? null, error: { code: error.code, message: error.message } });
  }
}

function send(response: ServerResponse, message: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(message));
}

function parseMessage(text: string): JsonRpcRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError(parseError, 'the body is no JSON');
  }
  const { id, method, params } = (value ?? {}) as { id?: unknown; method?: unknown; params?: unknown };
  if (typeof method !== 'string') throw new ProtocolError(invalidRequest, 'method must be a text');
  const isId = typeof id === 'string' || typeof id === 'number';
  const given = typeof params === 'object' && params !== null ? (params as Record<string, unknown>) : {};
  return { method, params: given, ...(isId ? { id } : {}) };
}

async function runMethod(
  { method, params }: JsonRpcRequest,
  headers: IncomingHttpHeaders,
  options: McpOptions,
): Promise<object> {
  switch (method) {
    case 'initialize': {
      const { name, version, instructions } = options.server;
      return { protocolVersion, capabilities: { tools: {} }, serverInfo: { name, version }, instructions };
    }
    case 'ping':
      return {};
    case 'tools/list':
      return { tools: options.targets.map(listTool) };
    case 'tools/call':
      return callTool(params, headers, options);
    default:
      throw new ProtocolError(unknownMethod, `Method '${method}' is not available.`);
  }
}

async function callTool(
  params: JsonRpcRequest['params'],
  headers: IncomingHttpHeaders,
  { targets, invoker }: McpOptions,
): Promise<CallToolResult> {
  const target = targets.find((other) => toolName(other) === params.name);
  if (target === undefined) throw new ProtocolError(invalidParams, `Unknown tool: '${String(params.name)}'`);
  const args = (params.arguments ?? {}) as Readonly<Record<string, unknown>>;
  const missing = requiredArguments(target).filter((name) => args[name] === undefined || args[name] === null);
  if (missing.length > 0) {
    throw new ProtocolError(invalidParams, `One or more required tool properties are missing: ${missing.join(', ')}`);
  }
  try {
    const { returnValue } = await invoker.invoke(
      target,
      toInvocation(target, args, { clientInfo: params.clientInfo, headers }),
    );
    return toToolResult(returnValue?.string);
  } catch {
    // What was thrown is in the log; the extension does not tell it either.
    const text = `An error occurred invoking '${toolName(target)}'.`;
    return { content: [{ type: 'text', text }], isError: true };
  }
}
