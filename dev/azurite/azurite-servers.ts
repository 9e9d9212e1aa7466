import { createRequire } from 'node:module';

/** A storage service of Azurite, listening once `start` is done. */
export interface AzuriteServer {
  start: () => Promise<void>;
  close: () => Promise<void>;
  getHttpServerAddress: () => string;
}

/** One storage service: where it listens and what it keeps. */
export interface ServiceOptions {
  /** 0 lets the system choose. */
  readonly port: number;
  /** Existing folder for the service's files; nothing is written there when `inMemory` is set. */
  readonly dir: string;
  readonly inMemory: boolean;
}

type ConfigurationClass = new (...values: readonly unknown[]) => object;
type ServerClass = new (configuration: object) => AzuriteServer;

const host = '127.0.0.1';
/** Longer than a client keeps an idle connection, so that no request meets a socket that is just being closed. */
const keepAliveSeconds = 120;
const require = createRequire(import.meta.url);

// Azurite has neither a library entry nor declarations: its server classes are default exports of CommonJS files.
function loadDefault(path: string): unknown {
  return (require(path) as { readonly default: unknown }).default;
}

/** Everything after the debug log in the constructors of azurite 3.37: the same for all services. */
function tail(inMemory: boolean): readonly unknown[] {
  const loose = false;
  const skipApiVersionCheck = true;
  const [certificate, key, password] = ['', '', ''];
  const oauth = undefined;
  const disableProductStyleUrl = false;
  return [loose, skipApiVersionCheck, certificate, key, password, oauth, disableProductStyleUrl, inMemory];
}

function createExtentService(service: 'queue' | 'blob', options: ServiceOptions): AzuriteServer {
  const name = service === 'queue' ? 'Queue' : 'Blob';
  const Configuration = loadDefault(`azurite/dist/src/${service}/${name}Configuration`) as ConfigurationClass;
  const Server = loadDefault(`azurite/dist/src/${service}/${name}Server`) as ServerClass;
  const maxConcurrency = service === 'queue' ? 1 : 50;
  const extents = [{ locationId: 'Default', locationPath: `${options.dir}/${service}-extents`, maxConcurrency }];
  const [accessLog, accessLogStream, debugLog, debugLogFile] = [false, undefined, false, undefined];
  const files = [`${options.dir}/${service}.json`, `${options.dir}/${service}-extents.json`, extents];
  return new Server(
    new Configuration(
      host,
      options.port,
      keepAliveSeconds,
      ...files,
      accessLog,
      accessLogStream,
      debugLog,
      debugLogFile,
      ...tail(options.inMemory),
    ),
  );
}

/** Creates the queue service; it does not listen yet. */
export function createQueueServer(options: ServiceOptions): AzuriteServer {
  return createExtentService('queue', options);
}

/** Creates the blob service; it does not listen yet. */
export function createBlobServer(options: ServiceOptions): AzuriteServer {
  return createExtentService('blob', options);
}

/** Creates the table service; it does not listen yet. Its constructor has the two logs in the other order. */
export function createTableServer(options: ServiceOptions): AzuriteServer {
  const Configuration = loadDefault('azurite/dist/src/table/TableConfiguration') as ConfigurationClass;
  const Server = loadDefault('azurite/dist/src/table/TableServer') as ServerClass;
  const [debugLog, accessLog, accessLogStream, debugLogFile] = [false, false, undefined, undefined];
  return new Server(
    new Configuration(
      host,
      options.port,
      keepAliveSeconds,
      `${options.dir}/table.json`,
      debugLog,
      accessLog,
      accessLogStream,
      debugLogFile,
      ...tail(options.inMemory),
    ),
  );
}
