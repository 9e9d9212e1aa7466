/**
 * Makes the custom connector for Logic Apps and Power Automate. A test compares the files with what this makes.
 *
 *     npm run generate:logic-apps
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { buildDefinition, buildProperties } from './connector.ts';

/** Folder of the connector's files. */
export const CONNECTOR_ROOT: string = import.meta.dirname;

/** All files by their names. */
export async function generateConnector(): Promise<Map<string, string>> {
  const { version } = JSON.parse(readFileSync(join(CONNECTOR_ROOT, '../../package.json'), 'utf8')) as {
    version: string;
  };
  const contents = { 'apiDefinition.swagger.json': buildDefinition(version), 'apiProperties.json': buildProperties() };
  const formatted = Object.entries(contents).map(async ([name, content]) => {
    const filepath = join(CONNECTOR_ROOT, name);
    return [name, await format(JSON.stringify(content), { ...(await resolveConfig(filepath)), filepath })] as const;
  });
  return new Map(await Promise.all(formatted));
}

if (import.meta.main) {
  for (const [name, text] of await generateConnector()) writeFileSync(join(CONNECTOR_ROOT, name), text);
}
