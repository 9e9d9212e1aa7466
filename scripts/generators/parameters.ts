import { jsonFile, readText, replaceParts, type GeneratedFile } from './generated-file.ts';

/** A parameter of `infra/resource-group.bicep`, the one place that declares them. */
export interface Parameter {
  readonly name: string;
  /** `string`, `int`, `bool`, `string[]`, `object` or a union of strings. */
  readonly type: string;
  readonly description: string;
  /** Its default as Bicep has it; undefined: it has to be given. */
  readonly default: string | undefined;
  /** The whole declaration with its decorators. */
  readonly text: string;
}

const DECLARATION = /^((?:@.*\n)*)param (\w+) ([^=\n]+?)( = (?:\[\n[\s\S]*?^\]|.*))?$/gm;

/** Where a variable has another name than its parameter, upper case with underscores. */
const VARIABLES: Readonly<Record<string, string>> = {
  environmentName: 'AZURE_ENV_NAME',
  location: 'AZURE_LOCATION',
  resourceGroupName: 'AZURE_RESOURCE_GROUP',
  name: 'CONNECTOR_NAME',
  nameHash: 'CONNECTOR_HASH',
  nodeVersion: 'FUNCTION_NODE_VERSION',
  settings: 'CONNECTOR_SETTINGS',
  tags: 'CONNECTOR_TAGS',
};

/** Of main.bicep alone: azd makes the group, and asks for the region. */
const OWN_OF_MAIN = ['environmentName', 'location', 'resourceGroupName', 'existingResourceGroup'];

/** All parameters of a template, in its order. */
export function readParameters(text: string): Parameter[] {
  return [...text.matchAll(DECLARATION)].map(([declaration, decorators = '', name = '', type = '', value]) => ({
    name,
    type,
    description: (/@description\('(.*)'\)/.exec(decorators)?.[1] ?? '').replaceAll("\\'", "'"),
    default: value?.slice(3),
    text: declaration,
  }));
}

/** The variable that azd, the steps and the workflow take a parameter from. */
export function variableOf(parameter: string): string {
  return VARIABLES[parameter] ?? parameter.replace(/[A-Z]+/g, (letters) => `_${letters}`).toUpperCase();
}

/** Entry point of azd: the parameters of the connector again, and a variable for each. */
export async function generateParameters(root: string): Promise<GeneratedFile[]> {
  const declared = readParameters(readText(root, 'infra/resource-group.bicep'));
  const passed = declared.filter(({ name }) => !OWN_OF_MAIN.includes(name));
  const given = ['environmentName', 'location', ...passed.map(({ name }) => name)].sort();
  const names = [...OWN_OF_MAIN, ...passed.map(({ name }) => name)];
  const parameters = Object.fromEntries(names.map((name) => [name, { value: `\${${variableOf(name)}}` }]));
  return [
    replaceParts(root, 'infra/main.bicep', {
      parameters: passed.map(({ text }) => text).join('\n\n'),
      arguments: given.map((name) => `    ${name}: ${name}`).join('\n'),
    }),
    await jsonFile(root, 'infra/main.parameters.json', {
      $schema: 'https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#',
      contentVersion: '1.0.0.0',
      parameters,
    }),
  ];
}
