import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';

const INFRA = join(import.meta.dirname, '../../infra');
/** Stands before the queries of several alerts. */
const LINES = 'connector-lines';

/** The module that deploys the log alerts. */
export const ALERTS_BICEP = readFileSync(join(INFRA, 'modules/alerts.bicep'), 'utf8');

/** The log alerts, by the names of their files. */
export const ALERT_NAMES: readonly string[] = readdirSync(join(INFRA, 'alerts'))
  .map((file) => basename(file, '.kql'))
  .filter((name) => name !== LINES);

function readAlert(name: string): string {
  return readFileSync(join(INFRA, 'alerts', `${name}.kql`), 'utf8');
}

/**
 * The query of an alert with the text that Bicep puts before it, with the column types that stand in Bicep; `wanted` is the verdict that
 * the alert on judgements tells of. Two streams are enabled: the planner of `edr-events` may be silent for 15 minutes, that of `vm-detections` for 45.
 */
export function toAlertQuery(name: string, wanted = 'down'): string {
  const operate = 'let operate = "https://a/api/dashboard/operate.html";\n';
  const schema = /datatable\(([^)]*)\)/.exec(ALERTS_BICEP)?.[1] ?? '';
  const limits = `let limits = datatable(${schema})["edr-events", 15, "vm-detections", 45];\n`;
  const verdict = name === 'judged' ? `let wanted = "${wanted}";\n` : '';
  return `let functionApp = "func-qualys";\n${operate}${limits}${readAlert(LINES)}${verdict}${readAlert(name)}`;
}
