/**
 * `npm run generate`: writes everything that is made from a declaration elsewhere: what the streams declare in their folders, the settings,
 * the tools for agents, the content for Sentinel, the connector for Logic Apps, parts of the docs. `npm run check:infra` and a test tell
 * what is not up to date.
 */
import { existsSync, globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateConnector } from '../infra/logic-apps/generate.ts';
import { generateContent } from '../infra/sentinel/generate.ts';
import { generateDocs } from './generators/docs.ts';
import { readText, type GeneratedFile } from './generators/generated-file.ts';
import { generateServerVersion, generateToolList } from './generators/mcp-tools.ts';
import { generateForm } from './generators/form.ts';
import { generateParameters } from './generators/parameters.ts';
import { generateSettings } from './generators/settings.ts';
import { generateTables } from './generators/streams.ts';

/** All files that are generated or have generated parts, as they should be. */
export async function generateAll(root: string): Promise<GeneratedFile[]> {
  return [
    ...(await generateTables(root)),
    ...(await generateSettings(root)),
    ...(await generateParameters(root)),
    await generateForm(root),
    generateToolList(),
    ...generateServerVersion(root),
    ...(await generateContent(root)),
    ...(await generateConnector(root)),
    ...generateDocs(root),
  ];
}

/** Where all files are generated. */
const GENERATED_ONLY = [
  'infra/tables/**/*.json',
  'infra/logic-apps/**/*.json',
  'infra/sentinel/{functions,rules,hunting}/**/*.yaml',
];

/** What is not up to date, a line each. */
export async function findStale(root: string): Promise<string[]> {
  const files = await generateAll(root);
  const stale = files.filter((file) => !isCurrent(root, file));
  return [...stale.map(({ path }) => `${path} is not up to date: run npm run generate`), ...findLeft(root, files)];
}

/** Files of which the source is gone, such as the table of a stream that was removed, a line each. */
export function findLeft(root: string, files: readonly GeneratedFile[]): string[] {
  const made = new Set(files.map(({ path }) => path));
  const left = globSync(GENERATED_ONLY, { cwd: root }).filter((path) => !made.has(path));
  return left.sort().map((path) => `${path} is generated from nothing any more: delete it`);
}

function isCurrent(root: string, { path, text }: GeneratedFile): boolean {
  return existsSync(join(root, path)) && readText(root, path) === text;
}

if (import.meta.main) {
  const root = join(import.meta.dirname, '..');
  const files = await generateAll(root);
  for (const file of files) {
    if (isCurrent(root, file)) continue;
    writeFileSync(join(root, file.path), file.text);
    console.log(`${file.path} written`);
  }
  for (const problem of findLeft(root, files)) console.error(problem);
}
