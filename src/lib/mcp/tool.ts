import type { McpToolProperty } from '@azure/functions';
import * as z from 'zod';

/** A tool for agents, before it is registered. */
export interface McpTool {
  /** Name in snake case, as agents call it. */
  readonly name: string;
  /** What it does and when to use it, for an agent. */
  readonly description: string;
  /** Whether it changes nothing. */
  readonly isReadOnly: boolean;
  readonly schema: z.ZodType;
  /** @param args checked by the schema. */
  readonly run: (args: never) => Promise<object>;
}

/** Keeps the types of a tool's schema and of what it runs together. */
export function defineTool<T extends z.ZodType>(
  tool: Omit<McpTool, 'schema' | 'run'> & { readonly schema: T; readonly run: (args: z.output<T>) => Promise<object> },
): McpTool {
  return tool;
}

/** What a JSON Schema says of a value, as far as tools need it. */
interface JsonValue {
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly items?: JsonValue;
  readonly anyOf?: readonly JsonValue[];
  readonly properties?: Readonly<Record<string, JsonValue>>;
  readonly required?: readonly string[];
}

/** The arguments of a tool as the MCP extension wants them, made from its schema. */
export function toolProperties({ schema }: Pick<McpTool, 'schema'>): McpToolProperty[] {
  const whole = z.toJSONSchema(schema, { io: 'input' }) as JsonValue & { readonly $defs?: Record<string, JsonValue> };
  /** Schemas with a name of their own stand apart. */
  const resolve = ({ $ref, ...own }: JsonValue): JsonValue => ({
    ...whole.$defs?.[$ref?.replace('#/$defs/', '') ?? ''],
    ...own,
  });
  const { properties = {}, required = [] } = resolve(whole);
  return Object.entries(properties).map(([propertyName, property]) => {
    const named = resolve(property);
    const { type, items } = named.anyOf?.map(resolve).find((each) => each.type !== 'null') ?? named;
    const isArray = type === 'array';
    return {
      propertyName,
      propertyType: (isArray ? items?.type : type) ?? 'string',
      description: named.description ?? '',
      isRequired: required.includes(propertyName),
      isArray,
    };
  });
}

/**
 * What is registered of a tool. The extension does not pass the hints of the MCP specification on (`annotations`,
 * Azure/azure-functions-mcp-extension#58), so they travel in `_meta`, and the description begins with the word.
 */
export function listTool(tool: McpTool) {
  const { name: toolName, description, isReadOnly } = tool;
  const annotations = { readOnlyHint: isReadOnly, destructiveHint: false, idempotentHint: true };
  return {
    toolName,
    description: `${isReadOnly ? 'Read-only' : 'Changes state'}. ${description}`,
    toolProperties: toolProperties(tool),
    metadata: JSON.stringify({ annotations }),
  };
}
