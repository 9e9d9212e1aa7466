import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateAll } from '../scripts/generate.ts';

const root = join(import.meta.dirname, '..');
const generated = await generateAll(root);

test.each(generated)('$path is up to date (npm run generate)', ({ path, text }) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});

test.each([
  ['infra/tables', /\.json$/],
  ['infra/logic-apps', /\.json$/],
  ['infra/sentinel/functions', /\.yaml$/],
  ['infra/sentinel/rules', /\.yaml$/],
  ['infra/sentinel/hunting', /\.yaml$/],
])('%s holds no generated file of a source that is gone', (folder, pattern) => {
  const files = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).filter((name) =>
    pattern.test(name),
  );
  const made = generated.map(({ path }) => path).filter((path) => path.startsWith(`${folder}/`) && pattern.test(path));
  expect(files.map((name) => `${folder}/${name}`).sort()).toEqual(made.sort());
});
