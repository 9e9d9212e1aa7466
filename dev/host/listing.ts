/** One line of the list of functions. */
export interface ListedFunction {
  readonly name: string;
  /** Lower-case type of the trigger. */
  readonly type: string;
  /** Of an HTTP function. */
  readonly methods?: readonly string[] | undefined;
  readonly url?: string;
}

const typeNames: Readonly<Record<string, string>> = {
  timertrigger: 'timerTrigger',
  queuetrigger: 'queueTrigger',
  mcptooltrigger: 'mcpToolTrigger',
};

function formatFunction({ name, type, methods, url }: ListedFunction): string {
  return url === undefined
    ? `\t${name}: ${typeNames[type] ?? type}`
    : `\t${name}: [${methods?.join(',') ?? 'ALL'}] ${url}`;
}

/** The list that `func start` prints: HTTP functions with their addresses first. */
export function formatListing(functions: readonly ListedFunction[]): string {
  const sorted = [...functions].sort((a, b) => {
    const byKind = Number(a.url === undefined) - Number(b.url === undefined);
    return byKind !== 0 ? byKind : a.name.localeCompare(b.name);
  });
  return `\nFunctions:\n\n${sorted.map(formatFunction).join('\n\n')}\n`;
}
