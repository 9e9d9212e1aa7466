import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { HostError } from './host-error.ts';
import { logLevels, type LogLevel } from './log.ts';
import { parseTimeSpan } from './time-span.ts';

/** `extensions.queues` of host.json; it holds for all queue triggers of the app. */
export interface QueueSettings {
  /** Messages taken at once. */
  readonly batchSize: number;
  /** More are taken as soon as no more than this many are being worked on. */
  readonly newBatchThreshold: number;
  /** Attempts before a message moves to the poison queue. */
  readonly maxDequeueCount: number;
  /** How long a failed message stays invisible, in milliseconds. */
  readonly visibilityTimeoutMs: number;
  /** Longest wait between two looks at an empty queue, in milliseconds. */
  readonly maxPollingIntervalMs: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** `extensions.mcp` of host.json: what the server tells of itself. */
export interface McpServerInfo {
  readonly name: string;
  readonly version: string;
  readonly instructions?: string | undefined;
}

/** What this host honours of host.json. */
export interface HostJson {
  readonly routePrefix: string;
  /** Sent with every answer. */
  readonly customHeaders: Readonly<Record<string, string>>;
  /** Longest run of a function in milliseconds; undefined: unlimited. */
  readonly functionTimeoutMs: number | undefined;
  readonly queues: QueueSettings;
  readonly mcp: McpServerInfo;
  readonly logLevels: Readonly<Record<string, LogLevel>>;
}

/** A local host looks at an empty queue every two seconds at the latest, whatever host.json says. */
const localMaxPollingIntervalMs = 2000;

const timeSpan = z.string().transform((text, context) => {
  const milliseconds = parseTimeSpan(text);
  if (milliseconds === undefined) {
    context.addIssue({ code: 'custom', message: `"${text}" is no time span: allowed are hh:mm:ss and d.hh:mm:ss` });
    return z.NEVER;
  }
  return milliseconds;
});

const queuesSchema = z.looseObject({
  batchSize: z.int().min(1).max(32).default(16),
  newBatchThreshold: z.int().min(0).optional(),
  maxDequeueCount: z.int().min(1).default(5),
  visibilityTimeout: timeSpan.default(0),
  maxPollingInterval: timeSpan
    .refine((milliseconds) => milliseconds >= 100, 'must be at least 00:00:00.1')
    .default(60_000),
  messageEncoding: z
    .string()
    .transform((text) => text.toLowerCase())
    .pipe(z.enum(['base64', 'none']))
    .default('base64'),
});

const httpSchema = z.looseObject({
  routePrefix: z.string().default('api'),
  customHeaders: z.record(z.string(), z.string()).default({}),
});

const mcpSchema = z.looseObject({
  serverName: z.string().default('Azure Functions MCP server'),
  serverVersion: z.string().default('1.0.0'),
  instructions: z.string().optional(),
});

const logLevel = z
  .string()
  .transform((text) => text.toLowerCase())
  .pipe(z.enum(logLevels));

const hostSchema = z.looseObject({
  version: z.literal('2.0'),
  functionTimeout: z
    .union([z.literal('-1'), timeSpan])
    .default(30 * 60_000)
    .transform((value) => (value === '-1' ? undefined : value)),
  extensions: z
    .looseObject({
      http: httpSchema.prefault({}),
      queues: queuesSchema.prefault({}),
      mcp: mcpSchema.prefault({}),
    })
    .prefault({}),
  logging: z.looseObject({ logLevel: z.record(z.string(), logLevel).default({}) }).prefault({}),
});

function toQueueSettings(queues: z.infer<typeof queuesSchema>): QueueSettings {
  return {
    batchSize: queues.batchSize,
    newBatchThreshold: queues.newBatchThreshold ?? Math.floor(queues.batchSize / 2) * availableParallelism(),
    maxDequeueCount: queues.maxDequeueCount,
    visibilityTimeoutMs: queues.visibilityTimeout,
    maxPollingIntervalMs: Math.min(queues.maxPollingInterval, localMaxPollingIntervalMs),
    messageEncoding: queues.messageEncoding,
  };
}

/** Reads the text of host.json. @throws HostError listing all that is wrong in it. */
export function parseHostJson(text: string): HostJson {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new HostError(`host.json is not valid JSON: ${String(error)}`, { cause: error });
  }
  const result = hostSchema.safeParse(value);
  if (!result.success) {
    throw new HostError(`host.json is wrong:\n${z.prettifyError(result.error)}`);
  }
  const { functionTimeout, extensions, logging } = result.data;
  return {
    routePrefix: extensions.http.routePrefix,
    customHeaders: extensions.http.customHeaders,
    functionTimeoutMs: functionTimeout,
    queues: toQueueSettings(extensions.queues),
    mcp: {
      name: extensions.mcp.serverName,
      version: extensions.mcp.serverVersion,
      instructions: extensions.mcp.instructions,
    },
    logLevels: logging.logLevel,
  };
}

/** Reads host.json of an app, the defaults where there is none. @throws HostError as `parseHostJson`. */
export async function readHostJson(appDir: string): Promise<HostJson> {
  let text: string;
  try {
    text = await readFile(join(appDir, 'host.json'), 'utf8');
  } catch {
    text = '{"version":"2.0"}';
  }
  return parseHostJson(text);
}
