import { createWorkspace, findFaults } from '../../test/support/kql.ts';
import { file, type InfraFiles } from './infra-files.ts';

/** Comes before the queries of the connector's own lines. */
const LINES = 'connector-lines';

/** The module that deploys the log alerts. */
const ALERTS_BICEP = 'infra/modules/alerts.bicep';

/**
 * What a log search alert does not take, with where that is said (azure-monitor-docs, articles/azure-monitor/alerts):
 * alerts-create-log-alert-rule.md and, for union and search, alerts-log-query.md.
 */
const REFUSED: readonly (readonly [RegExp, string])[] = [
  [/\b(union|search)\b/, 'union and search are not supported'],
  [/\bago\((?!\s*-?\d+(\.\d+)?(d|h|m|s|ms)\s*\))/, 'ago() takes a literal only'],
  [/\b(bag_unpack|pivot|narrow)\b/, 'bag_unpack(), pivot() and narrow() are not supported'],
  [/\bAggregatedValue\b/, 'AggregatedValue is a reserved word'],
];

/** «The combined size of all data in the properties» of a rule. */
const MAX_RULE_BYTES = 64 * 1024;

/** The log alerts, by the names of their files. */
export function alertNames(files: InfraFiles): string[] {
  return Object.keys(files)
    .flatMap((path) => /^infra\/alerts\/(.+)\.kql$/.exec(path)?.[1] ?? [])
    .filter((name) => name !== LINES);
}

/**
 * The query of an alert with the text that Bicep puts before it, with the column types that stand in Bicep; `wanted` is the verdict that
 * the alert on judgements tells of. Two streams are enabled: the planner of `edr-events` may be silent for 15 minutes, that of `vm-detections` for 45.
 */
export function alertQuery(files: InfraFiles, name: string, wanted = 'down'): string {
  const operate = 'let operate = "https://a/api/dashboard/operate.html";\n';
  const schema = /datatable\(([^)]*)\)/.exec(file(files, ALERTS_BICEP))?.[1] ?? '';
  const limits = `let limits = datatable(${schema})["edr-events", 15, "vm-detections", 45];\n`;
  const verdict = name === 'judged' ? `let wanted = "${wanted}";\n` : '';
  const [lines, query] = [LINES, name].map((each) => file(files, `infra/alerts/${each}.kql`));
  return `let functionApp = "func-qualys";\n${operate}${limits}${lines ?? ''}${verdict}${query ?? ''}`;
}

/** Made once: it remembers each text that it has parsed. */
let workspace: ReturnType<typeof createWorkspace> | undefined;

/** Whether the queries of the alerts parse, and are made of what Azure documents for alerts. */
export function checkQueries(files: InfraFiles): string[] {
  const known = (workspace ??= createWorkspace());
  return alertNames(files).flatMap((name) => {
    const [path, query] = [`infra/alerts/${name}.kql`, alertQuery(files, name)];
    return [
      ...findFaults(known, query).map((fault) => `${path}: ${fault}`),
      ...REFUSED.filter(([form]) => form.test(withoutComments(query))).map(([, why]) => `${path}: ${why}`),
      ...(Buffer.byteLength(query) > MAX_RULE_BYTES / 2
        ? [`${path}: a rule may have ${MAX_RULE_BYTES} bytes in all`]
        : []),
    ];
  });
}

function withoutComments(query: string): string {
  return query.replace(/\/\/.*$/gm, '');
}
