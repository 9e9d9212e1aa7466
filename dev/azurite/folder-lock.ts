import { readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as z from 'zod';

/** Who keeps a folder: written into it as JSON. */
const ownerSchema = z.object({ pid: z.number(), port: z.number() });

/** Where the lock of a folder lies. */
function lockFile(dir: string): string {
  return join(dir, 'lock.json');
}

async function readOwner(dir: string): Promise<z.infer<typeof ownerSchema> | undefined> {
  try {
    return ownerSchema.parse(JSON.parse(await readFile(lockFile(dir), 'utf8')));
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function isListening(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setTimeout(1000, () => socket.destroy());
    socket.once('connect', () => {
      resolve(true);
      socket.destroy();
    });
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });
}

/**
 * Refuses a folder that a living Azurite keeps: two of them would overwrite each other's files. A killed process leaves
 * its lock behind, and its number may be given to another, so the owner must also still listen.
 * @throws Error naming the folder and the process.
 */
export async function assertFolderFree(dir: string): Promise<void> {
  const owner = await readOwner(dir);
  if (owner === undefined || !isAlive(owner.pid) || !(await isListening(owner.port))) {
    return;
  }
  throw new Error(
    `Azurite already keeps its data in ${dir} (process ${owner.pid}, queue port ${owner.port}): ` +
      'stop it, or set AzureWebJobsStorage to its connection string to share it.',
  );
}

/** Marks the folder as kept by this process, whose queue service listens on the port. */
export async function lockFolder(dir: string, port: number): Promise<void> {
  await writeFile(lockFile(dir), JSON.stringify({ pid: process.pid, port }));
}

/** Takes the mark away. */
export async function unlockFolder(dir: string): Promise<void> {
  await rm(lockFile(dir), { force: true });
}
