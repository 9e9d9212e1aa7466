/**
 * Runs a workflow of Logic Apps as far as the playbooks need it: actions in the order of `runAfter`, and expressions. Stricter than the
 * engine is believed to be: both branches of `if` are evaluated, and null is no text. Not Microsoft's engine.
 */

/** A JSON value. */
type Value = unknown;

/** An action of a definition. */
export interface WorkflowAction {
  readonly type: string;
  readonly inputs?: unknown;
  readonly foreach?: string;
  readonly expression?: { readonly equals: readonly [string, unknown] };
  readonly actions?: Readonly<Record<string, WorkflowAction>>;
  readonly else?: { readonly actions: Readonly<Record<string, WorkflowAction>> };
  readonly runAfter?: Readonly<Record<string, readonly string[]>>;
  readonly runtimeConfiguration?: unknown;
}

/** What an action outside says: an HTTP call or one of a connector. Undefined: it timed out. */
export type Outside = (
  type: string,
  inputs: Value,
) => Promise<{ readonly statusCode: number; readonly body: Value } | undefined>;

interface Run {
  readonly trigger: Value;
  readonly parameters: Readonly<Record<string, Value>>;
  readonly outside: Outside;
  readonly variables: Map<string, string>;
  readonly outputs: Map<string, Value>;
  readonly status: Map<string, string>;
  item: Value;
  readonly items: Map<string, Value>;
}

/** Runs the actions of a definition. @returns the status of each action. @throws where an expression fails. */
export async function runWorkflow(
  definition: { readonly actions: Readonly<Record<string, WorkflowAction>> },
  given: Pick<Run, 'trigger' | 'parameters' | 'outside'>,
): Promise<Readonly<Record<string, string>>> {
  const run: Run = { ...given, ...empty() };
  await runAll(definition.actions, run);
  return Object.fromEntries(run.status);
}

function empty(): Pick<Run, 'variables' | 'outputs' | 'status' | 'item' | 'items'> {
  return { variables: new Map(), outputs: new Map(), status: new Map(), item: undefined, items: new Map() };
}

async function runAll(actions: Readonly<Record<string, WorkflowAction>>, run: Run): Promise<boolean> {
  const left = new Map(Object.entries(actions));
  for (const name of left.keys()) {
    run.status.delete(name);
    run.outputs.delete(name);
  }
  while (left.size > 0) {
    const ready = [...left].find(([, { runAfter = {} }]) =>
      Object.keys(runAfter).every((before) => run.status.has(before)),
    );
    if (ready === undefined) throw new Error(`nothing can run of ${[...left.keys()].join(', ')}`);
    const [name, action] = ready;
    left.delete(name);
    const isWanted = Object.entries(action.runAfter ?? {}).every(([before, states]) =>
      states.includes(run.status.get(before) ?? ''),
    );
    run.status.set(name, isWanted ? await runOne(name, action, run) : 'Skipped');
  }
  const handled = new Set(Object.values(actions).flatMap(({ runAfter = {} }) => Object.keys(runAfter)));
  return Object.keys(actions).every((name) => handled.has(name) || run.status.get(name) !== 'Failed');
}

async function runOne(name: string, action: WorkflowAction, run: Run): Promise<string> {
  switch (action.type) {
    case 'If': {
      const [left, right] = action.expression?.equals ?? ['', ''];
      const branch = evaluate(left, run) === right ? action.actions : action.else?.actions;
      return (await runAll(branch ?? {}, run)) ? 'Succeeded' : 'Failed';
    }
    case 'Foreach': {
      let isFine = true;
      for (const item of evaluate(action.foreach, run) as Value[]) {
        run.items.set(name, item);
        isFine = (await runAll(action.actions ?? {}, run)) && isFine;
      }
      return isFine ? 'Succeeded' : 'Failed';
    }
    case 'Http':
    case 'ApiConnection': {
      const answer = await run.outside(action.type, evaluate(action.inputs, run));
      run.outputs.set(name, answer ?? null);
      if (answer === undefined) return 'TimedOut';
      return answer.statusCode < 400 ? 'Succeeded' : 'Failed';
    }
    default:
      run.outputs.set(name, runLocal(action, run));
      return 'Succeeded';
  }
}

function runLocal({ type, inputs }: WorkflowAction, run: Run): Value {
  const given = inputs as Record<string, unknown>;
  switch (type) {
    case 'Compose':
      return evaluate(inputs, run);
    case 'InitializeVariable': {
      for (const { name, value } of given.variables as { name: string; value: string }[])
        run.variables.set(name, value);
      return null;
    }
    case 'AppendToStringVariable': {
      const [name, added] = [given.name as string, text(evaluate(given.value, run))];
      run.variables.set(name, `${run.variables.get(name) ?? ''}${added}`);
      return null;
    }
    case 'Query':
    case 'Select': {
      const each = type === 'Query' ? given.where : given.select;
      const results = (evaluate(given.from, run) as Value[]).map((item) => {
        run.item = item;
        return { item, result: evaluate(each, run) };
      });
      const body =
        type === 'Query'
          ? results.filter(({ result }) => result === true).map(({ item }) => item)
          : results.map(({ result }) => result);
      return { body };
    }
    default:
      throw new Error(`the type ${type} cannot be run`);
  }
}

function evaluate(value: Value, run: Run): Value {
  if (typeof value === 'string')
    return value.startsWith('@') && !value.startsWith('@{') ? parse(value.slice(1), run) : value;
  if (Array.isArray(value)) return value.map((each) => evaluate(each, run));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, evaluate(each, run)]));
}

/** Reads an expression and evaluates it on the way. */
function parse(source: string, run: Run): Value {
  const tokens = source.match(/'(?:[^']|'')*'|\d+|[\w$]+|\?\[|[(),[\]]/g) ?? [];
  if (tokens.join('') !== source.replace(/\s+(?=(?:[^']*'[^']*')*[^']*$)/g, ''))
    throw new Error(`cannot read ${source}`);
  let at = 0;
  const take = (wanted?: string): string => {
    const token = tokens[at++] ?? '';
    if (wanted !== undefined && token !== wanted) throw new Error(`${wanted} expected, not ${token}, in ${source}`);
    return token;
  };
  const value = (): Value => {
    let result = primary();
    while (tokens[at] === '?[' || tokens[at] === '[') {
      const isSafe = take() === '?[';
      const key = value();
      take(']');
      result = member(result, key, isSafe);
    }
    return result;
  };
  const primary = (): Value => {
    const token = take();
    if (token.startsWith("'")) return token.slice(1, -1).replaceAll("''", "'");
    if (/^\d+$/.test(token)) return Number(token);
    if (token === 'null') return null;
    take('(');
    const given: Value[] = [];
    while (tokens[at] !== ')') {
      given.push(value());
      if (tokens[at] === ',') take(',');
    }
    take(')');
    return call(token, given, run);
  };
  const result = value();
  if (at !== tokens.length) throw new Error(`too much in ${source}`);
  return result;
}

function member(of: Value, key: Value, isSafe: boolean): Value {
  if (of === null || of === undefined) {
    if (isSafe) return null;
    throw new Error(`${String(key)} of nothing`);
  }
  if (typeof of !== 'object') throw new Error(`${String(key)} of a ${typeof of}`);
  return (of as Record<string, Value>)[String(key)] ?? null;
}

function text(value: Value): string {
  if (typeof value !== 'string') throw new Error(`a text is needed, not ${JSON.stringify(value)}`);
  return value;
}

function list(value: Value): Value[] {
  if (!Array.isArray(value)) throw new Error(`a list is needed, not ${JSON.stringify(value)}`);
  return value as Value[];
}

function call(name: string, given: Value[], run: Run): Value {
  const [first = null, second = null, third = null] = given;
  switch (name) {
    case 'triggerBody':
      return run.trigger;
    case 'parameters':
      return run.parameters[text(first)] ?? null;
    case 'variables':
      return run.variables.get(text(first)) ?? null;
    case 'item':
      return run.item;
    case 'items':
      return run.items.get(text(first));
    case 'body':
      return member(run.outputs.get(text(first)), 'body', true);
    case 'outputs':
      return run.outputs.get(text(first)) ?? null;
    case 'actions':
      return { status: run.status.get(text(first)) };
    case 'coalesce':
      return given.find((each) => each !== null && each !== undefined) ?? null;
    case 'if':
      return first === true ? second : third;
    case 'and':
      return given.every((each) => each === true);
    case 'or':
      return given.some((each) => each === true);
    case 'not':
      return first !== true;
    case 'equals':
      return first === second;
    case 'greater':
      return Number(first) > Number(second);
    case 'sub':
      return Number(first) - Number(second);
    case 'empty':
      return first === null || (first as { length: number }).length === 0;
    case 'length':
      return (typeof first === 'string' ? first : list(first)).length;
    case 'contains':
      return text(first).includes(text(second));
    case 'concat':
      return given.map(text).join('');
    case 'join':
      return list(first).map(text).join(text(second));
    case 'replace':
      return text(first).replaceAll(text(second), text(third));
    case 'take':
      return (typeof first === 'string' ? first : list(first)).slice(0, Number(second));
    case 'toLower':
      return text(first).toLowerCase();
    case 'union': {
      const all = [...list(first), ...list(second)].map((each) => JSON.stringify(each));
      return [...new Set(all)].map((each) => JSON.parse(each) as Value);
    }
    case 'json':
      return JSON.parse(text(first)) as Value;
    case 'string':
      if (first === null) throw new Error('null as a text');
      return typeof first === 'string' ? first : JSON.stringify(first);
    case 'encodeUriComponent':
      return encodeURIComponent(text(first));
    case 'decodeUriComponent':
      return decodeURIComponent(text(first));
    default:
      throw new Error(`the function ${name} is not known here`);
  }
}
