import {
  ALERT_POISON_QUEUE_NAME,
  ALERT_QUEUE_NAME,
  DEAD_LETTER_CONTAINER,
  POISON_QUEUE_NAME,
  QUEUE_NAME,
  TABLE_NAMES,
  WAKE_UP_POISON_QUEUE_NAME,
  WAKE_UP_QUEUE_NAME,
} from '../../src/lib/azure/names.ts';
import { file, type InfraFiles } from './infra-files.ts';
import { readDeclaration, readStrings } from './read-bicep.ts';

/** Whether Bicep makes the queues, tables and container that the code uses. */
export function checkNames(files: InfraFiles): string[] {
  const storage = file(files, 'infra/modules/storage.bicep');
  const compare = (declaration: string, wanted: readonly string[]): string[] => {
    const found = readStrings(readDeclaration(storage, declaration)).sort();
    const expected = [...wanted].sort();
    return String(found) === String(expected)
      ? []
      : [`infra/modules/storage.bicep: ${declaration} is ${String(found)}, the code uses ${String(expected)}`];
  };
  const container = /^var deadLetterContainer = '([^']*)'/m.exec(storage)?.[1];
  return [
    ...compare('var queueNames', [
      ...[QUEUE_NAME, POISON_QUEUE_NAME],
      ...[WAKE_UP_QUEUE_NAME, WAKE_UP_POISON_QUEUE_NAME],
      ...[ALERT_QUEUE_NAME, ALERT_POISON_QUEUE_NAME],
    ]),
    ...compare('var tableNames', Object.values(TABLE_NAMES)),
    ...(container === DEAD_LETTER_CONTAINER
      ? []
      : [
          `infra/modules/storage.bicep: deadLetterContainer is ${String(container)}, the code uses ${DEAD_LETTER_CONTAINER}`,
        ]),
  ];
}
