import { resolve } from 'node:path';
import { createBlobServer, createQueueServer, createTableServer, type AzuriteServer } from './azurite-servers.ts';
import { lockFolder, type Keeper } from '../folder-lock.ts';

/** Where Azurite listens and what it keeps. */
export interface AzuriteOptions {
  /** Keeps everything in memory and writes no file. Default: false. */
  readonly inMemory?: boolean;
  /** Folder of the data. Default: `.local/azurite` in the working directory. */
  readonly dir?: string;
  /** Starts the blob service too. Default: true. */
  readonly blob?: boolean;
  /** Ports on 127.0.0.1; 0, the default, lets the system choose. */
  readonly queuePort?: number;
  readonly tablePort?: number;
  readonly blobPort?: number;
}

/** A running Azurite. */
export interface Azurite {
  /** For the storage clients; tables need `allowInsecureConnection`. */
  readonly connectionString: string;
  /** `http://127.0.0.1:<port>/devstoreaccount1`, and so for the other services. */
  readonly queueUrl: string;
  readonly tableUrl: string;
  /** Empty when the blob service was not asked for. */
  readonly blobUrl: string;
  /** Stops the services and writes what is not yet on disk. Later calls do nothing more. */
  readonly close: () => Promise<void>;
}

/** Who keeps a folder of Azurite's. */
export const AZURITE: Keeper = {
  name: 'Azurite',
  share: 'set AzureWebJobsStorage to its connection string to share it',
};

const account = 'devstoreaccount1';
/** The key of the emulators' account, published by Microsoft: no secret. */
const accountKey = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

interface Services {
  readonly queue: AzuriteServer;
  readonly table: AzuriteServer;
  readonly blob: AzuriteServer | undefined;
}

function createServices(options: AzuriteOptions, dir: string): Services {
  const common = { dir, inMemory: options.inMemory ?? false };
  return {
    queue: createQueueServer({ ...common, port: options.queuePort ?? 0 }),
    table: createTableServer({ ...common, port: options.tablePort ?? 0 }),
    blob: options.blob === false ? undefined : createBlobServer({ ...common, port: options.blobPort ?? 0 }),
  };
}

function listServices({ queue, table, blob }: Services): AzuriteServer[] {
  return blob === undefined ? [queue, table] : [queue, table, blob];
}

async function startServices(services: readonly AzuriteServer[]): Promise<void> {
  const started: AzuriteServer[] = [];
  try {
    for (const service of services) {
      await service.start();
      started.push(service);
    }
  } catch (error) {
    await Promise.all(started.map((service) => service.close()));
    throw error;
  }
}

function toUrl(server: AzuriteServer): string {
  return `${server.getHttpServerAddress()}/${account}`;
}

function toConnectionString(urls: Pick<Azurite, 'queueUrl' | 'tableUrl' | 'blobUrl'>): string {
  const parts = ['DefaultEndpointsProtocol=http', `AccountName=${account}`, `AccountKey=${accountKey}`];
  if (urls.blobUrl !== '') {
    parts.push(`BlobEndpoint=${urls.blobUrl}`);
  }
  parts.push(`QueueEndpoint=${urls.queueUrl}`, `TableEndpoint=${urls.tableUrl}`);
  return `${parts.join(';')};`;
}

/**
 * Starts the storage emulator in this process, on 127.0.0.1: no telemetry, no log files, any API version of a client.
 * A killed process loses the writes of its last five seconds, as Azurite saves its tables and messages that often.
 * @throws UsageError when another Azurite keeps the same folder, Error when a port is taken.
 */
export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const dir = resolve(options.dir ?? '.local/azurite');
  const release = options.inMemory === true ? () => Promise.resolve() : await lockFolder(dir, AZURITE);
  const services = createServices(options, dir);
  try {
    await startServices(listServices(services));
  } catch (error) {
    await release();
    throw error;
  }
  const urls = {
    queueUrl: toUrl(services.queue),
    tableUrl: toUrl(services.table),
    blobUrl: services.blob === undefined ? '' : toUrl(services.blob),
  };
  const stop = async (): Promise<void> => {
    await Promise.all(listServices(services).map((service) => service.close()));
    await release();
  };
  let closing: Promise<void> | undefined;
  return { ...urls, connectionString: toConnectionString(urls), close: () => (closing ??= stop()) };
}
