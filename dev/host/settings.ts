import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { HostError } from './host-error.ts';

/** Settings of the app by name. */
export type Env = Readonly<Record<string, string | undefined>>;

const scalar = z
  .union([z.string(), z.number(), z.boolean()], 'must be a text, a number, true or false')
  .transform(String);
/** The sections that Core Tools know. A setting beside `Values` would be ignored without a word, and a simulator stand in for the tenant. */
const fileSchema = z.strictObject(
  {
    $schema: z.unknown().optional(),
    IsEncrypted: z.literal(false, 'encrypted settings can only be read by Core Tools').optional(),
    Values: z.record(z.string(), scalar, 'must be an object of settings').default({}),
    Host: z.unknown().optional(),
    ConnectionStrings: z.unknown().optional(),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `settings stand in "Values", not beside it as ${issue.keys.join(', ')}`
        : 'must be an object with "Values"',
  },
);

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      return undefined;
    }
    throw error;
  }
}

/**
 * `Values` of local.settings.json in the folder; empty without that file.
 * @throws HostError when it cannot be read; values are never quoted.
 */
export function loadLocalSettings(appDir: string): Record<string, string> {
  const file = join(appDir, 'local.settings.json');
  const text = readText(file);
  if (text === undefined) {
    return {};
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new HostError(`${file} is not valid JSON`);
  }
  const result = fileSchema.safeParse(json);
  if (!result.success) {
    throw new HostError(`${file} is wrong:\n${z.prettifyError(result.error)}`);
  }
  return result.data.Values;
}

/** Puts settings into the environment where it does not have them; an empty variable counts as set. */
export function applySettings(values: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv = process.env): void {
  for (const [name, value] of Object.entries(values)) {
    env[name] ??= value;
  }
}

/** A setting by name: as written, else in any case, as the host's configuration knows no case. */
export function findSetting(env: Env, name: string): string | undefined {
  if (env[name] !== undefined) {
    return env[name];
  }
  const key = Object.keys(env).find((other) => other.toLowerCase() === name.toLowerCase());
  return key === undefined ? undefined : env[key];
}

/** Replaces every `%SETTING%` of a binding's option. @throws HostError naming the setting that is not set. */
export function resolveSettings(env: Env, text: string, where: string): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = findSetting(env, name);
    if (value === undefined || value === '') {
      throw new HostError(`${where}: the setting "${name}" (as %${name}%) is not set`);
    }
    return value;
  });
}

/** True where `AzureWebJobs.<function>.Disabled` switches a function off. */
export function isDisabled(env: Env, functionName: string): boolean {
  const names = [`AzureWebJobs.${functionName}.Disabled`, `AzureWebJobs_${functionName}_Disabled`];
  return names.some((name) => /^(1|true)$/i.test(findSetting(env, name) ?? ''));
}
