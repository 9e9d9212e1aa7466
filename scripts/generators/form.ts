import { jsonFile, readText, type GeneratedFile } from './generated-file.ts';
import { readParameters, type Parameter } from './parameters.ts';

/** The button's steps are the headings of the parameters in `infra/resource-group.bicep`. */
const HEADING = /^\/\/ ---- ([A-Z][\w ]*?) -+$/gm;

/** The names of the workspace's tables, as a JSON list. */
const TABLE_NAMES = "string(map(steps('workspace').tables.value, (table) => table.name))";

/** What the form finds out, or the portal asks for itself. */
const NOT_ASKED = ['location', 'environmentName', 'workspaceResourceId', 'absentTables', 'onboardSentinel'];

type Element = Readonly<Record<string, unknown>>;

/**
 * The form of the button: a step for each heading, a field for each parameter. It reads the tables of the workspace that is chosen,
 * and passes their names on; where it may not read them it has no answer, and the template refuses.
 */
export function generateForm(root: string): Promise<GeneratedFile> {
  const bicep = readText(root, 'infra/resource-group.bicep');
  const headings = [...bicep.matchAll(HEADING)].map(({ 1: title = '', index }) => ({ title, index }));
  const parameters = readParameters(bicep);
  const steps = headings.map(({ title, index }, at) => {
    const part = bicep.slice(index, headings[at + 1]?.index);
    return { title, step: stepOf(title), parameters: readParameters(part) };
  });
  const asked = steps.filter((step) => step.parameters.length > 0);
  const fields = asked.map((step) => ({
    name: step.step,
    label: step.title,
    elements: [
      ...(step.step === 'workspace' ? workspaceElements() : []),
      ...step.parameters.filter(({ name }) => !NOT_ASKED.includes(name)).map(elementOf),
    ],
  }));
  const outputs = Object.fromEntries(
    parameters
      .filter(({ name }) => name !== 'environmentName')
      .map((parameter) => {
        const step = asked.find((each) => each.parameters.some(({ name }) => name === parameter.name))?.step ?? '';
        return [parameter.name, outputOf(parameter, step)];
      }),
  );
  return jsonFile(root, 'infra/createUiDefinition.json', {
    $schema: 'https://schema.management.azure.com/schemas/0.1.2-preview/CreateUIDefinition.MultiVm.json#',
    handler: 'Microsoft.Azure.CreateUIDef',
    version: '0.1.2-preview',
    parameters: { basics: [], steps: fields, outputs },
  });
}

function stepOf(title: string): string {
  return title.split(' ')[0]?.toLowerCase() ?? '';
}

/** An existing workspace or a new one, and the tables of the first. */
function workspaceElements(): Element[] {
  const isExisting = "[equals(steps('workspace').which, 'existing')]";
  return [
    {
      name: 'which',
      type: 'Microsoft.Common.OptionsGroup',
      label: 'Workspace',
      defaultValue: 'The workspace of my Sentinel',
      constraints: {
        allowedValues: [
          { label: 'The workspace of my Sentinel', value: 'existing' },
          { label: 'A new one (first deployment only)', value: 'new' },
        ],
        required: true,
      },
    },
    {
      name: 'workspace',
      type: 'Microsoft.Solutions.ResourceSelector',
      label: 'Log Analytics workspace',
      resourceType: 'Microsoft.OperationalInsights/workspaces',
      options: { filter: { subscription: 'all', location: 'all' } },
      constraints: { required: true },
      visible: isExisting,
    },
    {
      name: 'tables',
      type: 'Microsoft.Solutions.ArmApiControl',
      condition: isExisting,
      request: {
        method: 'GET',
        path: "[concat(steps('workspace').workspace.id, '/tables?api-version=2025-07-01')]",
      },
    },
  ];
}

function elementOf(parameter: Parameter): Element {
  const { name, type, description, text } = parameter;
  const label = name
    .replace(/[A-Z]+/g, (letters) => ` ${letters.toLowerCase()}`)
    .replace(/^./, (letter) => letter.toUpperCase());
  const named = { name, label, toolTip: description };
  const allowed = [...(/@allowed\(\[(.*)\]\)/.exec(text)?.[1] ?? '').matchAll(/[\w.]+/g)].map(([value]) => value);
  const preset = presetOf(parameter);
  if (type === 'bool') return { ...named, type: 'Microsoft.Common.CheckBox', defaultValue: preset === 'true' };
  if (allowed.length > 0) {
    const values = allowed.map((value) => ({ label: value, value }));
    return {
      ...named,
      type: 'Microsoft.Common.DropDown',
      defaultValue: preset,
      constraints: { allowedValues: values, required: true },
    };
  }
  const isRequired = parameter.default === undefined && !type.endsWith('?');
  return { ...named, type: 'Microsoft.Common.TextBox', defaultValue: preset, constraints: { required: isRequired } };
}

/** The default as a text of the form: lists and objects as JSON. */
function presetOf({ type, default: value = '' }: Parameter): string {
  if (type.endsWith('[]')) return JSON.stringify([...value.matchAll(/'([^']*)'/g)].map(([, item]) => item));
  if (isObject(type)) return '{}';
  return value.replace(/^'(.*)'$/, '$1');
}

function isObject(type: string): boolean {
  return type === 'object' || type === 'connectorSettings';
}

function outputOf({ name, type }: Parameter, step: string): string {
  const field = `steps('${step}').${name}`;
  const isExisting = "equals(steps('workspace').which, 'existing')";
  if (name === 'location') return '[location()]';
  if (name === 'workspaceResourceId') return `[if(${isExisting}, steps('workspace').workspace.id, '')]`;
  if (name === 'onboardSentinel') return `[not(${isExisting})]`;
  if (name === 'absentTables') return `[if(${isExisting}, concat('all but ', ${TABLE_NAMES}), 'all')]`;
  if (type === 'int?') return `[if(empty(${field}), parse('null'), int(${field}))]`;
  if (type === 'int') return `[int(${field})]`;
  if (type.endsWith('[]') || isObject(type)) return `[parse(${field})]`;
  return `[${field}]`;
}
