/** `npm run licenses`: lists the licences of all production dependencies and fails for one that is not allowed. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const ALLOWED: ReadonlySet<string> = new Set([
  'MIT',
  'Zlib',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  '0BSD',
  'BlueOak-1.0.0',
]);

interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}

const lock = JSON.parse(await readFile(join(import.meta.dirname, '../package-lock.json'), 'utf8')) as {
  packages: Readonly<Record<string, LockedPackage>>;
};
const production = Object.entries(lock.packages)
  // A link is listed at what it leads to.
  .filter(([path, { dev, link }]) => path !== '' && dev !== true && link !== true)
  .map(([path, { version = '', license = 'none' }]) => ({
    name: path.replace(/^.*node_modules\//, ''),
    version,
    license,
  }));
/** Whether an SPDX expression leaves a choice that is allowed. */
function isAllowed(expression: string): boolean {
  const choices = expression.replace(/[()]/g, '').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((each) => ALLOWED.has(each)));
}

for (const { name, version, license } of production) console.log(`${license.padEnd(14)} ${name} ${version}`);
const refused = production.filter(({ license }) => !isAllowed(license));
for (const { name, license } of refused) console.error(`not allowed: ${name} (${license})`);
console.log(`${production.length} production dependencies, ${refused.length} with a licence that is not allowed`);
process.exitCode = refused.length === 0 ? 0 : 1;
