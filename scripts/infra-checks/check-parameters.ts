import { readParameters, variableOf, type Parameter } from '../generators/parameters.ts';
import { file, type InfraFiles } from './infra-files.ts';

/** azd knows the name of its environment; who deploys into one group has none. */
const OF_AZD = ['environmentName'];

/**
 * Whether the four ways to deploy take the same parameters: azd (main.bicep and its file of variables), plain az
 * (resource-group.bicep, by the same file), the form of the button, and the workflow, which hands every variable on.
 */
export function checkParameters(files: InfraFiles): string[] {
  const declared = readParameters(file(files, 'infra/resource-group.bicep'));
  const main = readParameters(file(files, 'infra/main.bicep'));
  return [
    ...checkMain(declared, main),
    ...checkVariables(files, main),
    ...checkForm(files, declared),
    ...checkWorkflow(file(files, '.github/workflows/deploy.yml')),
  ];
}

function checkMain(declared: readonly Parameter[], main: readonly Parameter[]): string[] {
  return declared
    .filter(({ name, type }) => !main.some((each) => each.name === name && each.type === type))
    .map(({ name }) => `infra/main.bicep does not pass the parameter ${name} on`);
}

function checkVariables(files: InfraFiles, main: readonly Parameter[]): string[] {
  const { parameters } = JSON.parse(file(files, 'infra/main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  const found = Object.keys(parameters);
  const names = main.map(({ name }) => name);
  const install = file(files, 'docs/install.md');
  return [
    ...names.filter((name) => !found.includes(name)).map((name) => `no variable of azd gives the parameter ${name}`),
    ...found
      .filter((name) => !names.includes(name))
      .map((name) => `infra/main.parameters.json has a parameter ${name} that infra/main.bicep does not have`),
    ...found
      .filter((name) => parameters[name]?.value !== `\${${variableOf(name)}}`)
      .map((name) => `infra/main.parameters.json gives ${name} another value than that of ${variableOf(name)}`),
    ...names
      .filter((name) => !install.includes(`\`${variableOf(name)}\``))
      .map((name) => `docs/install.md does not name the variable ${variableOf(name)}`),
  ];
}

function checkForm(files: InfraFiles, declared: readonly Parameter[]): string[] {
  const { parameters } = JSON.parse(file(files, 'infra/createUiDefinition.json')) as {
    parameters: { outputs: Record<string, string> };
  };
  const outputs = Object.keys(parameters.outputs);
  const names = declared.map(({ name }) => name).filter((name) => !OF_AZD.includes(name));
  return [
    ...names.filter((name) => !outputs.includes(name)).map((name) => `the form of the button does not give ${name}`),
    ...outputs
      .filter((name) => !names.includes(name))
      .map((name) => `the form of the button gives ${name}, which infra/resource-group.bicep does not have`),
  ];
}

function checkWorkflow(text: string): string[] {
  const takesAll = text.includes('VARIABLES: ${{ toJSON(vars) }}\n        run: npm run --silent deploy export\n');
  return takesAll ? [] : ['the workflow deploy does not hand every variable of its environment on'];
}
