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

/** Names of the interpreter, outside of an environment and in it: https://docs.python.org/3/library/venv.html (not run on Windows here). */
const [PYTHON, IN_ENVIRONMENT] =
  process.platform === 'win32' ? ['python', 'Scripts/python.exe'] : ['python3', 'bin/python'];

/** The Python program that runs KQL, and the interpreter that has what it needs. */
export const ENGINE_COMMAND = [
  join(ENVIRONMENT, IN_ENVIRONMENT),
  // What it reads and writes is UTF-8, whatever the machine's own code page.
  ...['-X', 'utf8'],
  join(ENGINE, 'engine.py'),
] as const;

/** Makes the virtual environment, once for each list of requirements. */
export default function setup(): void {
  if (existsSync(ENGINE_COMMAND[0])) return;
  try {
    execFileSync(PYTHON, ['-m', 'venv', ENVIRONMENT], { stdio: 'inherit' });
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
