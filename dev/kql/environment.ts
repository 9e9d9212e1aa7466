import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const ENGINE = join(import.meta.dirname, 'engine');
const REQUIREMENTS = join(ENGINE, 'requirements.txt');
const ENVIRONMENT = join(
  import.meta.dirname,
  '../../node_modules/.cache',
  `kql-${createHash('sha256').update(readFileSync(REQUIREMENTS)).digest('hex').slice(0, 12)}`,
);

/** The Python program that runs KQL, and the interpreter that has what it needs. */
export const ENGINE_COMMAND = [join(ENVIRONMENT, 'bin/python'), join(ENGINE, 'engine.py')] as const;

/** Makes the virtual environment, once for each list of requirements. */
export default function setup(): void {
  if (existsSync(ENGINE_COMMAND[0])) return;
  try {
    execFileSync('python3', ['-m', 'venv', ENVIRONMENT], { stdio: 'inherit' });
    const pip = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--require-hashes',
      '-r',
      REQUIREMENTS,
    ];
    execFileSync(ENGINE_COMMAND[0], pip, { stdio: 'inherit' });
  } catch (error) {
    // Half of an environment must not pass for a whole one next time.
    rmSync(ENVIRONMENT, { recursive: true, force: true });
    throw error;
  }
}
