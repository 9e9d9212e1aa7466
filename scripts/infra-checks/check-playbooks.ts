import { file, type InfraFiles } from './infra-files.ts';

const TEMPLATE = 'infra/logic-apps/playbooks.bicep';
/** Longest expression that Logic Apps takes, in characters (Limits and configuration reference: workflow definition limits). */
const LONGEST_EXPRESSION = 8192;

interface Action {
  readonly actions?: Actions;
  readonly else?: { readonly actions: Actions };
  readonly runAfter?: Readonly<Record<string, unknown>>;
}
type Actions = Readonly<Record<string, Action>>;

interface Workflow {
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly actions: Actions;
}

/** Whether each workflow is deployed with all its parameters, and names nothing that it does not have. */
export function checkPlaybooks(files: InfraFiles): string[] {
  const template = file(files, TEMPLATE);
  const given = new Set(template.split('\n').map((line) => line.trim()));
  return Object.keys(files)
    .filter((path) => /^infra\/logic-apps\/playbooks\/[\w-]+\.json$/.test(path))
    .flatMap((path) => {
      const workflow = JSON.parse(file(files, path)) as Workflow;
      const isLoaded = template.includes(`loadJsonContent('${path.replace('infra/logic-apps/', '')}')`);
      const missing = Object.keys(workflow.parameters).filter(
        (name) => !given.has(`${name}: {`) && !given.has(`'${name}': {`),
      );
      return [
        ...(isLoaded ? [] : [`${TEMPLATE} does not deploy ${path}`]),
        ...missing.map((name) => `${TEMPLATE} does not give the parameter ${name} of ${path}`),
        ...checkActions(workflow.actions).map((problem) => `${path}: ${problem}`),
        ...checkExpressions(workflow).map((problem) => `${path}: ${problem}`),
      ];
    });
}

/** Actions follow on actions beside them. */
function checkActions(actions: Actions): string[] {
  return Object.entries(actions).flatMap(([name, action]) => [
    ...Object.keys(action.runAfter ?? {})
      .filter((before) => !(before in actions))
      .map((before) => `${name} runs after ${before}, which is not beside it`),
    ...checkActions(action.actions ?? {}),
    ...checkActions(action.else?.actions ?? {}),
  ]);
}

function checkExpressions(workflow: Workflow): string[] {
  const known = { parameters: Object.keys(workflow.parameters), actions: namesIn(workflow.actions) };
  return textsIn(workflow.actions)
    .filter((text) => text.startsWith('@'))
    .flatMap((text) => {
      const named = [...text.matchAll(/\b(body|outputs|items|actions|parameters)\('([^']+)'\)/g)];
      return [
        ...(text.length > LONGEST_EXPRESSION
          ? [`an expression has ${text.length} characters, more than ${LONGEST_EXPRESSION}`]
          : []),
        ...named
          .filter(([, kind, name = '']) => !known[kind === 'parameters' ? 'parameters' : 'actions'].includes(name))
          .map(([call]) => `there is no ${call}`),
      ];
    });
}

function namesIn(actions: Actions): string[] {
  return Object.entries(actions).flatMap(([name, action]) => [
    name,
    ...namesIn(action.actions ?? {}),
    ...namesIn(action.else?.actions ?? {}),
  ]);
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
