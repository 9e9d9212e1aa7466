import type { HostLog } from './host/log.ts';

/** A host's log that says nothing but the stacks of errors that nobody foresaw, each once. */
export function createStackLog(print: (text: string) => void): HostLog {
  const printed = new Set<string>();
  return ({ message }) => {
    const stack = stackIn(message);
    if (stack === undefined || printed.has(stack)) return;
    printed.add(stack);
    print(stack);
  };
}

/** In a line of the app's log it is a field, in the host's own words it is their end. */
function stackIn(message: string): string | undefined {
  if (message.startsWith('{')) {
    const { stack } = parse(message);
    return typeof stack === 'string' ? stack : undefined;
  }
  const [, said] = /^(?:Executed '[^']*' \(Failed, [^)]*\) )?(.*)$/s.exec(message) ?? [];
  return said !== undefined && /\n\s+at /.test(said) ? said : undefined;
}

function parse(line: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}
