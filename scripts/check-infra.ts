/**
 * `npm run check:infra`: what the Bicep compiler cannot know. Settings, tables, roles and names have to be the same in
 * Bicep, in the code and in the docs.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { findStale } from './generate.ts';
import { checkAlerts, checkDeclarations, checkHostJson, checkPagePaths } from './infra-checks/check-declarations.ts';
import { checkKept } from './infra-checks/check-kept.ts';
import { checkLimits } from './infra-checks/check-limits.ts';
import { checkNames } from './infra-checks/check-names.ts';
import { checkParameters } from './infra-checks/check-parameters.ts';
import { checkPlaybooks } from './infra-checks/check-playbooks.ts';
import { checkQueries } from './infra-checks/check-queries.ts';
import { checkRoles } from './infra-checks/check-roles.ts';
import { checkSecrets } from './infra-checks/check-secrets.ts';
import { checkSettings } from './infra-checks/check-settings.ts';
import { checkTables } from './infra-checks/check-tables.ts';
import { readInfraFiles, readTables, type InfraFiles } from './infra-checks/infra-files.ts';

/** All differences, a line each; none when all is well. */
export function checkInfra(files: InfraFiles): string[] {
  const tables = readTables(files);
  return [
    ...checkTables(files, tables),
    ...checkSettings(files),
    ...checkNames(files),
    ...checkRoles(files),
    ...checkSecrets(files),
    ...checkParameters(files),
    ...checkKept(files),
    ...checkLimits(files),
    ...checkQueries(files),
    ...checkPlaybooks(files),
    ...checkDeclarations(files),
    ...checkAlerts(files),
    ...checkHostJson(files),
    ...checkPagePaths(files),
  ];
}

/** Runs the offline Bicep checker; undefined where it is not installed. */
export async function runBicepCheck(root: string): Promise<string[] | undefined> {
  const checker = resolve(root, process.env.BICEP_CHECK ?? '../shared/bicep-check/bicep-check.mjs');
  if (!existsSync(checker)) return undefined;
  const args = [checker, '--strict', 'infra'];
  const run = await promisify(execFile)(process.execPath, args, { cwd: root }).catch((error: unknown) => error);
  const { stdout = '', stderr = '', code } = run as { stdout?: string; stderr?: string; code?: number };
  if (code === undefined || code === 0) return [];
  const findings = `${stdout}\n${stderr}`.split('\n').filter((line) => line.trim() !== '');
  return findings.length > 0 ? findings : [`${basename(checker)} ended with status ${String(code)}`];
}

async function main(): Promise<void> {
  const root = join(import.meta.dirname, '..');
  const files = readInfraFiles(root);
  const bicep = await runBicepCheck(root);
  if (bicep === undefined) console.log('bicep-check is not on this machine: skipped (BICEP_CHECK names its file)');
  const problems = [...(bicep ?? []), ...checkInfra(files), ...(await findStale(root))];
  for (const problem of problems) console.error(problem);
  console.log(`check:infra: ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

if (import.meta.main) await main();
