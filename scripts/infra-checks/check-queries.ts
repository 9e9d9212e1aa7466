import { createWorkspace, findFaults } from '../../test/support/kql.ts';
import { file, type InfraFiles } from './infra-files.ts';

/** Comes before the queries of the connector's own lines. */
const LINES = 'connector-lines.kql';

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

/** The queries of the alerts, with what Bicep puts before each. */
export function alertQueries(files: InfraFiles): ReadonlyMap<string, string> {
  const bicep = file(files, 'infra/modules/alerts.bicep');
  const columns = /datatable\(([^)]*)\)/.exec(bicep)?.[1] ?? '';
  const before = [
    'let functionApp = "func-qualys";',
    'let operate = "https://a/api/dashboard/operate.html";',
    `let limits = datatable(${columns})["edr-events", 15];`,
    file(files, `infra/alerts/${LINES}`),
    'let wanted = "down";',
  ];
  const paths = Object.keys(files).filter((path) => path.startsWith('infra/alerts/') && !path.endsWith(`/${LINES}`));
  return new Map(paths.map((path) => [path, `${before.join('\n')}\n${file(files, path)}`]));
}

/** Made once: it remembers each text that it has parsed. */
let workspace: ReturnType<typeof createWorkspace> | undefined;

/** Whether the queries of the alerts parse, and are made of what Azure documents for alerts. */
export function checkQueries(files: InfraFiles): string[] {
  const known = (workspace ??= createWorkspace());
  return [...alertQueries(files)].flatMap(([path, query]) => [
    ...findFaults(known, query).map((fault) => `${path}: ${fault}`),
    ...REFUSED.filter(([form]) => form.test(withoutComments(query))).map(([, why]) => `${path}: ${why}`),
    ...(Buffer.byteLength(query) > MAX_RULE_BYTES / 2
      ? [`${path}: a rule may have ${MAX_RULE_BYTES} bytes in all`]
      : []),
  ]);
}

function withoutComments(query: string): string {
  return query.replace(/\/\/.*$/gm, '');
}
