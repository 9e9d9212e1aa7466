/** Compiles Bicep with whatever is at hand: that of az, or the one that azd keeps for itself. */
import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SignIn, Template } from './arm.ts';

/**
 * The ARM template of a Bicep file.
 * @throws Error when the compiler refuses it, or is not there.
 */
export async function compileBicep(file: string, signIn: SignIn): Promise<Template> {
  const isWindows = process.platform === 'win32';
  const config = process.env.AZD_CONFIG_DIR ?? join(homedir(), '.azd');
  const own = join(config, 'bin', isWindows ? 'bicep.exe' : 'bicep');
  const { stdout } =
    signIn === 'azd'
      ? await promisify(execFile)(own, ['build', file, '--stdout'], { maxBuffer: 2 ** 26 })
      : // On Windows `az` is a batch file, which only a shell starts; the path is the project's own.
        await promisify(execFile)('az', ['bicep', 'build', '--stdout', '--file', isWindows ? `"${file}"` : file], {
          maxBuffer: 2 ** 26,
          shell: isWindows,
        });
  return JSON.parse(stdout) as Template;
}
