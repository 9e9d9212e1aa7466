import { file, type InfraFiles } from './infra-files.ts';
import { PAGE_FILE_NAMES } from '../../src/lib/http/dashboard-files.ts';
import { readDeclaration, readResources, readStrings } from './read-bicep.ts';

/** Types that have no tags. */
const UNTAGGED =
  /^(Microsoft\.Authorization\/|Microsoft\.SecurityInsights\/|Microsoft\.Insights\/diagnosticSettings$|Microsoft\.Insights\/privateLinkScopes\/|Microsoft\.Storage\/storageAccounts\/|Microsoft\.OperationalInsights\/workspaces\/|Microsoft\.Network\/privateEndpoints\/|Microsoft\.Web\/sites\/|[a-zA-Z]+$)/;

/** Tags on every resource that takes them, descriptions on parameters and outputs, no keys read. */
export function checkDeclarations(files: InfraFiles): string[] {
  const bicep = Object.entries(files).filter(([path]) => path.startsWith('infra/') && path.endsWith('.bicep'));
  return bicep.flatMap(([path, text]) => [
    ...readResources(text)
      .filter(({ type, existing, body }) => !existing && !UNTAGGED.test(type) && !/^\s*tags: /m.test(body))
      .map(({ symbol }) => `${path}: ${symbol} has no tags`),
    ...[...text.matchAll(/^(param|output) (\w+) /gm)]
      .filter((match) => !isDescribed(text.slice(0, match.index)))
      .map((match) => `${path}: ${match[1] ?? ''} ${match[2] ?? ''} has no description`),
    ...(/\blist(Keys|AccountSas|ServiceSas|Secrets)\(/.test(text)
      ? [`${path} reads a key; identities are enough`]
      : []),
  ]);
}

/** Whether the decorators that end here hold a description. */
function isDescribed(before: string): boolean {
  return (
    /@(sys\.)?description\(.*\)\n(@.*\n)*$/.test(before) || /@description\('''[\s\S]*'''\)\n(@.*\n)*$/.test(before)
  );
}

/** An alert on an event that nobody logs would stay silent for ever. */
export function checkAlerts(files: InfraFiles): string[] {
  const code = Object.entries(files)
    .filter(([path]) => path.startsWith('src/'))
    .map(([, text]) => text)
    .join('\n');
  return Object.entries(files)
    .filter(([path]) => path.startsWith('infra/alerts/'))
    .flatMap(([path, text]) =>
      [...text.matchAll(/"([A-Z][A-Za-z]+)"/g)]
        .filter((match) => !code.includes(`'${match[1] ?? ''}'`))
        .map((match) => `${path} waits for the event ${match[1] ?? ''}, which no code logs`),
    );
}

/** Where callers sign in, the platform has to let everybody have the page, and nothing else. */
export function checkPagePaths(files: InfraFiles): string[] {
  const page = '/api/dashboard';
  const served = [page, ...PAGE_FILE_NAMES.filter((name) => name !== 'index.html').map((name) => `${page}/${name}`)];
  const open = readStrings(readDeclaration(file(files, 'infra/modules/function-app.bicep'), 'var pagePaths'));
  return [
    ...served
      .filter((path) => !open.includes(path))
      .map((path) => `pagePaths lacks ${path}, so the page asks for a sign-in`),
    ...open
      .filter((path) => !served.includes(path))
      .map((path) => `pagePaths opens ${path}, which is no file of the page`),
  ];
}

/** Every value of host.json has a row in its page: `path`, value, reason. */
export function checkHostJson(files: InfraFiles): string[] {
  const page = file(files, 'docs/host-json.md');
  const leaves = (value: unknown, path: string): string[] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, inner]) => leaves(inner, path === '' ? key : `${path}.${key}`))
      : [`| \`${path}\` | \`${String(value)}\` | `];
  return leaves(JSON.parse(file(files, 'host.json')), '')
    .filter((row) => !page.includes(row))
    .map((row) => `docs/host-json.md has no row ${row.trim()}`);
}
