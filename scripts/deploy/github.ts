/** What the workflow `deploy` takes from its GitHub environment: every variable there that a deployment knows, and no other. */
import { randomUUID } from 'node:crypto';

/**
 * The text for the file that `GITHUB_ENV` names. Delimiters are random, so that no value can end its own and name another
 * variable (docs.github.com, «Workflow commands», multiline strings).
 */
export function exportVariables(variables: Readonly<Record<string, string>>, known: readonly string[]): string {
  return known
    .flatMap((name) => (variables[name] === undefined ? [] : [[name, variables[name]] as const]))
    .map(([name, value]) => {
      const delimiter = `end-${randomUUID()}`;
      return `${name}<<${delimiter}\n${value}\n${delimiter}\n`;
    })
    .join('');
}
