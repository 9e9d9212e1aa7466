/**
 * The Sentinel content, as a step that may fail and be repeated. What is in the workspace already stays as it is, a SOC's
 * changes with it; renewed only where that is asked for, and then a rule keeps what a SOC tunes.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Arm, Template } from './arm.ts';
import { TABLES_API } from './tables.ts';

const SENTINEL_API = '2025-06-01';
/** A table that was just made is not known to queries at once, and a rule is refused until it is. */
const ATTEMPTS = 5;

/** What a SOC tunes on a rule besides its query. */
const TUNED = [
  'enabled',
  'severity',
  'triggerOperator',
  'triggerThreshold',
  'suppressionEnabled',
  'suppressionDuration',
];

interface Named {
  readonly id: string;
}

interface Rule extends Named {
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

export interface SentinelOptions {
  readonly arm: Arm;
  /** Resource id of the workspace. */
  readonly workspace: string;
  readonly template: Template;
  /** Parameters of the template besides those that this step finds out. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Ids of the rules that the parameters name: they are theirs, not the workspace's. */
  readonly ruleIds?: readonly string[];
  /** Whether to write over what is there. */
  readonly isRenewed: boolean;
  /** Pause before another attempt, in milliseconds. */
  readonly retryMs?: number;
}

/** Deploys what the workspace lacks. @returns the names of what was there, in small letters. */
export async function deploySentinel(options: SentinelOptions): Promise<string[]> {
  const { arm, workspace, template, parameters, isRenewed, ruleIds = [], retryMs = 60_000 } = options;
  const group = workspace.split('/').slice(0, 5).join('/');
  const rules = await arm.list<Rule>(`${workspace}/providers/Microsoft.SecurityInsights/alertRules`, SENTINEL_API);
  const searches = await arm.list<Named>(`${workspace}/savedSearches`, TABLES_API);
  const pages = await arm.list<Named>(
    `${workspace}/providers/Microsoft.SecurityInsights/dataConnectorDefinitions`,
    SENTINEL_API,
  );
  const workbooks = await arm.list<Named>(
    `${group}/providers/Microsoft.Insights/workbooks?category=sentinel`,
    '2022-04-01',
  );
  const present = [...rules, ...searches, ...workbooks, ...pages].map(
    ({ id }) => id.split('/').at(-1)?.toLowerCase() ?? '',
  );
  const named = ruleIds.map((id) => id.toLowerCase());
  const values = {
    ...parameters,
    workspaceName: workspace.split('/').at(-1),
    present: isRenewed ? [] : present.filter((name) => !named.includes(name)),
    tuned: Object.fromEntries(rules.map(({ name, properties }) => [name, tunedOf(properties)])),
  };
  for (let attempt = 1; ; attempt += 1) {
    try {
      await arm.deploy(group, `qualys-sentinel-${Date.now()}`, template, values);
      return present;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
      console.error(`${(error as Error).message}\nanother attempt in ${retryMs / 1000} seconds`);
      await delay(retryMs);
    }
  }
}

/** Where a SOC took the severity by row away, it does not come back: it would count more than the rule's own. */
function tunedOf(properties: Rule['properties']): Record<string, unknown> {
  const kept = TUNED.filter((name) => properties[name] !== undefined);
  const details = properties.alertDetailsOverride as { readonly alertSeverityColumnName?: string | null } | undefined;
  const isByRow = typeof details?.alertSeverityColumnName === 'string';
  return {
    ...Object.fromEntries<unknown>(kept.map((name) => [name, properties[name]])),
    ...(isByRow ? {} : { alertDetailsOverride: { alertSeverityColumnName: null } }),
  };
}
