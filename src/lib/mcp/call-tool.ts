import { withCaller } from '../caller.ts';
import { admit } from '../http/admit.ts';
import { problemOf } from '../http/problem.ts';
import { checkInput } from '../http/read-request.ts';
import { jsonIn } from '../json/json-in.ts';
import { redact } from '../log.ts';
import { toolProperties, type McpTool } from './tool.ts';
import type { ToolOutcome } from './tool-result.ts';

/** What the library hands to a tool's handler. */
export interface ToolCall {
  /** The extension's context of the call; its `arguments` have their types. */
  readonly input: unknown;
  /** The same arguments as texts, by the trigger's metadata. */
  readonly metadata: unknown;
  /** Whether the caller signed in with Entra ID, and needs a role. */
  readonly isSignIn: boolean;
}

/** Runs a tool. Never throws: a failure is a tool error that says what to do. */
export async function callTool(tool: McpTool, call: ToolCall): Promise<ToolOutcome> {
  try {
    return { result: await runFor(tool, call) };
  } catch (error) {
    return { error: explain(tool, error) };
  }
}

async function runFor(tool: McpTool, call: ToolCall): Promise<object> {
  const run = async (): Promise<object> => {
    const args = checkInput(normalise(tool, argumentsOf(call)), tool.schema, 'arguments');
    return tool.run(args as never);
  };
  if (!call.isSignIn) return run();
  const headers = headersOf(call);
  return withCaller(
    admit(tool.isReadOnly ? 'read' : 'operate', (name) => headers.get(name)),
    run,
  );
}

/** The headers of the request, which the extension hands over in any case (`McpTriggerTransportHelper`). */
function headersOf({ input }: ToolCall): ReadonlyMap<string, string> {
  const properties = objectIn(objectIn(objectIn(input)?.transport)?.properties);
  return new Map(
    Object.entries(objectIn(properties?.headers) ?? {}).map(([name, value]) => [name.toLowerCase(), String(value)]),
  );
}

function argumentsOf({ input, metadata }: ToolCall): Readonly<Record<string, unknown>> {
  return objectIn(objectIn(input)?.arguments) ?? objectIn(metadata) ?? {};
}

function objectIn(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as Readonly<Record<string, unknown>>) : undefined;
}

/**
 * Brings arguments into the form of the routes, where a number is its digits: agents give numbers, null where they mean nothing, and some
 * transports give lists and objects as JSON text.
 */
function normalise(tool: McpTool, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const properties = new Map(toolProperties(tool).map((property) => [property.propertyName, property]));
  const told = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(
    told.map(([name, value]) => {
      const property = properties.get(name);
      const isStructured = property?.isArray === true || property?.propertyType === 'object';
      if (isStructured) return [name, typeof value === 'string' ? (jsonIn(value) ?? value) : value];
      return [name, typeof value === 'number' || typeof value === 'boolean' ? String(value) : value];
    }),
  );
}

/** The problem that a route would answer, in a sentence, with what to do next. */
function explain(tool: McpTool, error: unknown): string {
  const { detail: said, retryAfterSeconds } = problemOf(error, tool.name);
  const detail = redact(said);
  if (retryAfterSeconds !== undefined) return `${detail}. Call ${tool.name} again after ${retryAfterSeconds} seconds.`;
  return detail;
}
