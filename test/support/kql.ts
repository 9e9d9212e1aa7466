/// <reference types="@kusto/language-service-next" />
// The order of these two imports matters: the second needs the globals of the first.
import '@kusto/language-service-next/bridge.min.js';
import '@kusto/language-service-next/Kusto.Language.Bridge.min.js';
import { readStoredFunctions, readWorkspaceTables, type KqlFunction, type TableFile } from '../../dev/kql/workspace.ts';

type Types = typeof Kusto.Language.Symbols;
type Globals = Kusto.Language.GlobalState;

/** A column of a query's result. */
export interface KqlColumn {
  readonly name: string;
  /** KQL type name; `unknown` where the language service cannot tell. */
  readonly type: string;
}

/** What the language service says of a text. */
export interface KqlAnalysis {
  /** `KS142 the message at "the text"`, errors and warnings alike. */
  readonly diagnostics: readonly string[];
  /** Whether the last statement gives a table. */
  readonly isTable: boolean;
  /** True when columns may exist that are not known here, so that misspelt names pass. */
  readonly isOpen: boolean;
  readonly columns: readonly KqlColumn[];
}

/** Tables and functions that queries may name. */
export interface KqlWorkspace {
  readonly globals: Globals;
  /** Texts analysed before; a text over the VM functions takes tens of milliseconds. */
  readonly analysed: Map<string, KqlAnalysis>;
}

/** Columns that Log Analytics adds to each table; only those that queries here may use. */
const IMPLIED_COLUMNS: readonly KqlColumn[] = [
  { name: 'TenantId', type: 'string' },
  { name: 'Type', type: 'string' },
  { name: '_ResourceId', type: 'string' },
];

/** Plain array of what the package gives as an array or as a Bridge list. */
function toArray<T>(list: unknown): T[] {
  return (Bridge as unknown as { toArray: (list: unknown) => T[] }).toArray(list);
}

function symbols(): Types {
  return Kusto.Language.Symbols;
}

/** Log Analytics spells some types otherwise than KQL. */
function toKqlType(type: string): string {
  return type === 'boolean' ? 'bool' : type.toLowerCase();
}

function toColumn(name: string, type: string): Kusto.Language.Symbols.ColumnSymbol {
  const symbol = symbols().ScalarTypes.GetSymbol(toKqlType(type));
  if (!symbol) throw new Error(`column ${name}: KQL has no type ${type}`);
  return new (symbols().ColumnSymbol)(name, symbol, null, null, null, null);
}

function toTable(table: TableFile): Kusto.Language.Symbols.TableSymbol {
  const columns = [...table.columns, ...IMPLIED_COLUMNS].map(({ name, type }) => toColumn(name, type));
  return new (symbols().TableSymbol.$ctor4)(table.name, columns);
}

function toFunction({ name, parameters, body }: KqlFunction): Kusto.Language.Symbols.FunctionSymbol {
  return new (symbols().FunctionSymbol.$ctor14)(name, body, symbols().Parameter.ParseList(`(${parameters})`), null);
}

/** `column_ifexists` that has the type of the column where it exists; the stock one always takes the default's. */
function withExactColumnIfExists(globals: Globals): Globals {
  const stock = toArray<Kusto.Language.Symbols.FunctionSymbol>(globals.Functions);
  const old = stock.find(({ Name }) => Name === 'column_ifexists')!;
  const { Parameters } = toArray<Kusto.Language.Symbols.Signature>(old.Signatures)[0]!;
  const exact = new (symbols().FunctionSymbol.ctor)(
    'column_ifexists',
    (call) => {
      const wanted: unknown = toArray<Kusto.Language.Syntax.Expression>(call.Arguments)[0]?.ConstantValue;
      const columns = toArray<Kusto.Language.Symbols.ColumnSymbol>(call.RowScope?.Columns ?? []);
      const found = columns.find(({ Name }) => Name === wanted);
      return found?.Type ?? toArray<Kusto.Language.Symbols.TypeSymbol>(call.ArgumentTypes)[1]!;
    },
    symbols().Tabularity.Scalar,
    toArray<Kusto.Language.Symbols.Parameter>(Parameters),
  ).WithResultNameKind(symbols().ResultNameKind.FirstArgumentValueIfColumn)!;
  const others = stock.filter((symbol) => symbol !== old);
  return globals.WithFunctions([...others, exact] as unknown as Parameters<Globals['WithFunctions']>[0])!;
}

/** A workspace with all tables and the given functions. */
export function createWorkspace(functions: readonly KqlFunction[] = []): KqlWorkspace {
  const all = readWorkspaceTables().map(toTable);
  const database = new (symbols().DatabaseSymbol.ctor)('workspace', [...all, ...functions.map(toFunction)]);
  const globals = withExactColumnIfExists(Kusto.Language.GlobalState.Default!)
    .WithCluster(new (symbols().ClusterSymbol.ctor)('la', [database]))!
    .WithDatabase(database)!
    .WithCache()!;
  return { globals, analysed: new Map() };
}

/** Parses and binds a KQL text against the workspace. */
export function analyze(workspace: KqlWorkspace, text: string): KqlAnalysis {
  const known = workspace.analysed.get(text) ?? bind(workspace.globals, text);
  workspace.analysed.set(text, known);
  return known;
}

function bind(globals: Globals, text: string): KqlAnalysis {
  const code = Kusto.Language.KustoCode.ParseAndAnalyze(text, globals)!;
  const diagnostics = toArray<Kusto.Language.Diagnostic>(code.GetDiagnostics()).map(
    ({ Code, Message, Start, Length }) => `${Code ?? ''} ${Message ?? ''} at "${text.slice(Start, Start + Length)}"`,
  );
  const result = code.ResultType;
  if (!(result instanceof symbols().TableSymbol)) return { diagnostics, isTable: false, isOpen: false, columns: [] };
  const columns = toArray<Kusto.Language.Symbols.ColumnSymbol>(result.Columns).map(({ Name, Type }) => ({
    name: Name ?? '',
    type: Type?.Name ?? 'unknown',
  }));
  return { diagnostics, isTable: true, isOpen: result.IsOpen, columns };
}

/**
 * What is wrong with a text: the four assertions of a query check (no diagnostics, a table, all of its columns known,
 * all of their types known). Empty for a sound query.
 */
export function findFaults(workspace: KqlWorkspace, text: string): string[] {
  const { diagnostics, isTable, isOpen, columns } = analyze(workspace, text);
  return [
    ...diagnostics,
    ...(isTable ? [] : ['the result is no table']),
    ...(isOpen ? ['the result is open: misspelt columns would pass'] : []),
    ...columns.filter(({ type }) => type === 'unknown').map(({ name }) => `column ${name} has no known type`),
  ];
}

/** Columns of a result by name; throws when the text is not sound. */
export function readColumns(workspace: KqlWorkspace, text: string): Map<string, string> {
  const faults = findFaults(workspace, text);
  if (faults.length > 0) throw new Error(faults.join('\n'));
  return new Map(analyze(workspace, text).columns.map(({ name, type }) => [name, type]));
}

/** The body of a function as a text of its own, since a stored function's body is not checked where it is called. */
export function asQuery({ parameters, body }: Pick<KqlFunction, 'parameters' | 'body'>): string {
  return parameters === '' ? body : `let f = (${parameters}) {\n${body}\n};\nf()`;
}

/** A workspace with the project's tables and stored functions: what queries of the Sentinel content may name. */
export function createSentinelWorkspace(): KqlWorkspace {
  return createWorkspace(readStoredFunctions());
}
