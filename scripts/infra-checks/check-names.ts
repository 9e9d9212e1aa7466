import {
  ALERT_QUEUE_NAME,
  DEAD_LETTER_CONTAINER,
  poisonNameOf,
  QUEUE_NAME,
  TABLE_NAMES,
  TRACE_CONTAINER,
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
  const compareContainer = (variable: string, wanted: string): string[] => {
    const found = new RegExp(`^var ${variable} = '([^']*)'`, 'm').exec(storage)?.[1];
    if (found === wanted) return [];
    return [`infra/modules/storage.bicep: ${variable} is ${String(found)}, the code uses ${wanted}`];
  };
  return [
    ...compare('var queueNames', [
      ...[QUEUE_NAME, poisonNameOf(QUEUE_NAME)],
      ...[WAKE_UP_QUEUE_NAME, poisonNameOf(WAKE_UP_QUEUE_NAME)],
      ...[ALERT_QUEUE_NAME, poisonNameOf(ALERT_QUEUE_NAME)],
    ]),
    ...compare('var tableNames', Object.values(TABLE_NAMES)),
    ...compareContainer('deadLetterContainer', DEAD_LETTER_CONTAINER),
    ...compareContainer('traceContainer', TRACE_CONTAINER),
  ];
}
