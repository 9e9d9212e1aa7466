import { join } from 'node:path';
import { alertNames, alertQuery } from '../../scripts/infra-checks/check-queries.ts';
import { file, readInfraFiles } from '../../scripts/infra-checks/infra-files.ts';

const FILES = readInfraFiles(join(import.meta.dirname, '../..'));

/** The module that deploys the log alerts. */
export const ALERTS_BICEP = file(FILES, 'infra/modules/alerts.bicep');

/** The log alerts, by the names of their files. */
export const ALERT_NAMES: readonly string[] = alertNames(FILES);

/** The query of an alert as it is deployed; `wanted` is the verdict that the alert on judgements tells of. */
export function toAlertQuery(name: string, wanted?: string): string {
  return alertQuery(FILES, name, wanted);
}
