/** The parameters of the templates and the variables that give them, as `infra/main.parameters.json` has both. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface ParameterVariable {
  readonly parameter: string;
  readonly variable: string;
  /** Whether its value is a text; otherwise a number, a switch, a list or an object, spelled as JSON. */
  readonly isText: boolean;
}

/** Of `infra/main.bicep` only: a template for one group has none of them. */
const OF_SUBSCRIPTION = new Set(['resourceGroupName', 'existingResourceGroup']);

/** Each parameter with its variable. */
export function readVariables(infra: string): ParameterVariable[] {
  const { parameters } = JSON.parse(readFileSync(join(infra, 'main.parameters.json'), 'utf8')) as {
    parameters: Record<string, { value: string }>;
  };
  const bicep = readFileSync(join(infra, 'resource-group.bicep'), 'utf8');
  return Object.entries(parameters).map(([parameter, { value }]) => ({
    parameter,
    variable: value.slice(2, -1),
    isText: !new RegExp(`^param ${parameter} (int|bool|object|connectorSettings|string\\[\\])`, 'm').test(bicep),
  }));
}

/**
 * A file of parameters for `az deployment group create`, of the variables that are given.
 * @throws Error for a number, switch, list or object that is none.
 */
export function toParameters(
  variables: readonly ParameterVariable[],
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  const given = variables.flatMap(({ parameter, variable, isText }) => {
    const text = environment[variable] ?? '';
    if (text === '' || OF_SUBSCRIPTION.has(parameter)) return [];
    return [[parameter, { value: isText ? text : readJson(variable, text) }] as const];
  });
  return {
    $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
    contentVersion: '1.0.0.0',
    parameters: Object.fromEntries(given),
  };
}

/** azd takes the words for true and false in any case too. */
function readJson(variable: string, text: string): unknown {
  try {
    return JSON.parse(/^(true|false)$/i.test(text) ? text.toLowerCase() : text) as unknown;
  } catch {
    throw new Error(`${variable} is no number, true, false or JSON: ${text}`);
  }
}
