import { file, type InfraFiles } from './infra-files.ts';
import { readDeclaration, readResources } from './read-bicep.ts';

/** A module assigns in one resource group only, and the vault and the workspace may be in others. */
const ROLE_FILES = ['', 'vault-', 'workspace-'].map((where) => `infra/modules/${where}role-assignments.bicep`);

/** Whether Bicep assigns the roles that docs/install.md lists, on the same scopes, and no others. */
export function checkRoles(files: InfraFiles): string[] {
  const inBicep = ROLE_FILES.flatMap((path) => rolesInBicep(file(files, path)));
  const inDocs = rolesInDocs(file(files, 'docs/install.md'));
  const elsewhere = Object.keys(files).filter(
    (path) =>
      !ROLE_FILES.includes(path) &&
      path.endsWith('.bicep') &&
      file(files, path).includes("'Microsoft.Authorization/roleAssignments@"),
  );
  return [
    ...inBicep.filter((role) => !inDocs.includes(role)).map((role) => `docs/install.md does not list the role ${role}`),
    ...inDocs
      .filter((role) => !inBicep.includes(role))
      .map((role) => `Bicep does not assign the documented role ${role}`),
    ...elsewhere.map((path) => `${path} assigns a role; only ${ROLE_FILES.join(' and ')} do`),
  ];
}

/** Assignments as `role guid on scope`, names in camel case. */
function rolesInBicep(text: string): string[] {
  const ids = new Map(
    [...readDeclaration(text, 'var roles').matchAll(/(\w+): '([^']+)'/g)].map((match) => [match[1], match[2]]),
  );
  const keysIn = (block: string): string[] => [...block.matchAll(/\broles\.(\w+)/g)].map((match) => match[1] ?? '');
  return readResources(text)
    .filter(({ existing }) => !existing)
    .flatMap(({ body }) => {
      const scope = /scope: (\w+)/.exec(body)?.[1] ?? '?';
      const list = /for role in (\w+)/.exec(body)?.[1];
      const keys = keysIn(list === undefined ? body : readDeclaration(text, `var ${list}`));
      return [...new Set(keys)].map((key) => `${key} ${ids.get(key) ?? '?'} on ${scope}`);
    });
}

function rolesInDocs(text: string): string[] {
  const rows = text.matchAll(/^\| ([A-Z][\w ]+) \| `([0-9a-f-]{36})` \| ([\w ]+) \| [^|]+ \|$/gm);
  return [...rows].map((row) => `${toCamelCase(row[1] ?? '')} ${row[2] ?? ''} on ${toCamelCase(row[3] ?? '')}`);
}

function toCamelCase(words: string): string {
  return words.toLowerCase().replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}
