import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Texts of the files that are compared, by path relative to the project. */
export type InfraFiles = Readonly<Record<string, string>>;

/** What the checks read of a file of `infra/tables`. */
export interface TableFile {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** Reads everything below `root` that the checks compare. */
export function readInfraFiles(root: string): InfraFiles {
  const patterns = [
    ...['infra/**/*.{bicep,json,kql}', '.github/workflows/deploy.yml'],
    ...['docs/{install,host-json}.md', 'host.json', 'src/**/*.ts'],
  ];
  const paths = globSync(patterns, { cwd: root });
  return Object.fromEntries(paths.map((path) => [path, readFileSync(join(root, path), 'utf8')]));
}

/**
 * The text of a file.
 * @throws Error when it is missing.
 */
export function file(files: InfraFiles, path: string): string {
  const text = files[path];
  if (text === undefined) throw new Error(`${path} is missing`);
  return text;
}

/** All files of `infra/tables`. */
export function readTables(files: InfraFiles): TableFile[] {
  return Object.keys(files)
    .filter((path) => /^infra\/tables\/\w+\.json$/.test(path))
    .map((path) => JSON.parse(file(files, path)) as TableFile);
}
