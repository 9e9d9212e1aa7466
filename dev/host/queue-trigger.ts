import type { RegisteredFunction } from './app-registry.ts';
import { findTrigger, getText } from './bindings.ts';
import { HostError } from './host-error.ts';
import type { QueueSettings } from './host-json.ts';
import type { Invoker } from './invoke.ts';
import type { CategoryLog } from './log.ts';
import { startQueueListener, type QueueListener } from './queue-listener.ts';
import { createQueueMetadata } from './queue-message.ts';
import { resolveSettings, type Env } from './settings.ts';
import { connectQueues } from './storage-connection.ts';

const queueNamePattern = /^(?=.{3,63}$)[a-z0-9]+(?:-[a-z0-9]+)*$/;
const poisonSuffix = '-poison';

/** What a queue trigger needs of the host. */
export interface QueueTriggerOptions {
  readonly env: Env;
  readonly invoker: Invoker;
  readonly settings: QueueSettings;
  readonly invisibilityMs: number;
  readonly log: CategoryLog;
}

/** A queue function that is ready to listen. */
export interface QueueTrigger {
  readonly name: string;
  readonly queueName: string;
  readonly start: () => QueueListener;
  /** Runs the function once with this text, past the queue. */
  readonly runOnce: (body: string) => Promise<unknown>;
}

function readQueueName(target: RegisteredFunction, env: Env, where: string): string {
  const text = getText(findTrigger(target).binding, 'queueName');
  const name = resolveSettings(env, text ?? '', where).toLowerCase();
  if (!queueNamePattern.test(name)) {
    throw new HostError(
      `${where}: queueName "${name}" is not allowed: 3 to 63 lower-case letters, digits and single -`,
    );
  }
  return name;
}

/** The queue for messages that fail too often; a poison queue has none, nor has one whose name would be too long. */
function findPoisonName(queueName: string): string | undefined {
  const name = queueName + poisonSuffix;
  return queueName.endsWith(poisonSuffix) || !queueNamePattern.test(name) ? undefined : name;
}

/** Prepares a queue function. @throws HostError when its queue or connection is not usable. */
export function createQueueTrigger(target: RegisteredFunction, options: QueueTriggerOptions): QueueTrigger {
  const { env, invoker, settings, invisibilityMs, log } = options;
  const { name } = target.metadata;
  const where = `queue function "${name}"`;
  const { name: bindingName, binding } = findTrigger(target);
  const queueName = readQueueName(target, env, where);
  const service = connectQueues(env, getText(binding, 'connection') ?? 'AzureWebJobsStorage', where);
  const poisonName = findPoisonName(queueName);
  return {
    name,
    queueName,
    runOnce: (body) =>
      invoker.invoke(target, {
        inputData: [{ name: bindingName, data: { string: body } }],
        reason: 'This function was programmatically called via the host APIs.',
      }),
    start: () =>
      startQueueListener({
        queue: service.getQueueClient(queueName),
        poisonQueue: poisonName === undefined ? undefined : service.getQueueClient(poisonName),
        settings,
        invisibilityMs,
        log,
        run: async (message, bytes) => {
          const body = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
          await invoker.invoke(target, {
            inputData: [{ name: bindingName, data: { string: body } }],
            triggerMetadata: createQueueMetadata(message, body),
            reason: `New queue message detected on '${queueName}'.`,
          });
        },
      }),
  };
}
