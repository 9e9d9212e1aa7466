import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { UsageError } from './usage-error.ts';

/** What keeps its data in a folder. */
export interface Keeper {
  /** Its name in messages. */
  readonly name: string;
  /** How another process can use what the first one keeps. */
  readonly share: string;
}

/** A folder that another process keeps. */
export class FolderKeptError extends UsageError {}

/** The name of a lock tells all of its owner, so that it is there as a whole or not at all. */
const LOCK = /^lock-(?<pid>\d+)-(?<port>\d+)$/;
/** Two that want a folder in the same moment both give way; the next time one of them is first. */
const TRIES = 5;
const LONGEST_PAUSE_MS = 200;

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
 * The process that keeps a folder beside the owner of `mine`. A killed process leaves its lock behind, and its number may be given to
 * another: so an owner must also still listen. Locks of the dead are removed.
 */
async function findOther(dir: string, mine: string): Promise<number | undefined> {
  for (const name of await readdir(dir)) {
    const { pid, port } = LOCK.exec(name)?.groups ?? {};
    if (name === mine || pid === undefined) continue;
    if (isAlive(Number(pid)) && (await isListening(Number(port)))) return Number(pid);
    await rm(join(dir, name), { force: true });
  }
  return undefined;
}

/**
 * Whoever comes second sees the lock of the first, whatever the order of the rest: a lock is written before others are looked for.
 * @returns the process that keeps the folder; undefined when it is ours now.
 */
async function tryLock(dir: string, mine: string): Promise<number | undefined> {
  await writeFile(join(dir, mine), '');
  const other = await findOther(dir, mine);
  if (other !== undefined) await rm(join(dir, mine), { force: true });
  return other;
}

/** Shows that the process lives, for as long as it does. */
async function startPulse(): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  server.unref();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/**
 * Makes this process the only one that uses a folder, until it is released or the process ends; makes the folder where it is missing.
 * @returns what releases it.
 * @throws FolderKeptError naming the folder and the process that keeps it.
 */
export async function lockFolder(dir: string, { name, share }: Keeper): Promise<() => Promise<void>> {
  await mkdir(dir, { recursive: true });
  const pulse = await startPulse();
  const mine = `lock-${process.pid}-${(pulse.address() as AddressInfo).port}`;
  const release = async (): Promise<void> => {
    await rm(join(dir, mine), { force: true });
    pulse.close();
  };
  for (let left = TRIES; ; left--) {
    const other = await tryLock(dir, mine);
    if (other === undefined) return release;
    if (left === 1) {
      await release();
      throw new FolderKeptError(`${name} already keeps its data in ${dir} (process ${other}): stop it, or ${share}.`);
    }
    await sleep(Math.random() * LONGEST_PAUSE_MS);
  }
}

/**
 * Deletes what earlier runs kept in folders: all of them or, when somebody keeps one, none.
 * @throws FolderKeptError as `lockFolder`.
 */
export async function emptyFolders(
  folders: readonly { readonly dir: string; readonly keeper: Keeper }[],
): Promise<void> {
  const releases: (() => Promise<void>)[] = [];
  try {
    for (const { dir, keeper } of folders) releases.push(await lockFolder(dir, keeper));
    for (const { dir } of folders) {
      const names = (await readdir(dir)).filter((name) => !LOCK.test(name));
      await Promise.all(names.map((name) => rm(join(dir, name), { recursive: true, force: true })));
    }
  } finally {
    for (const release of releases) await release();
  }
}
