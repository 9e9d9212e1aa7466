import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findLeft, generateAll } from '../scripts/generate.ts';

const root = join(import.meta.dirname, '..');
const generated = await generateAll(root);

test.each(generated)('$path is up to date (npm run generate)', ({ path, text }) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});

test('no generated file is left of a source that is gone', () => {
  expect(findLeft(root, generated)).toEqual([]);
});

test.each([
  'infra/tables/QualysGone_CL.json',
  'infra/logic-apps/playbooks/gone.json',
  'infra/sentinel/functions/Gone.yaml',
  'infra/sentinel/rules/gone.yaml',
  'infra/sentinel/hunting/gone.yaml',
])('%s is named when its source is gone', (path) => {
  const folder = mkdtempSync(join(tmpdir(), 'generated-'));
  onTestFinished(() => {
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, path, '..'), { recursive: true });
  writeFileSync(join(folder, path), '');
  expect(findLeft(folder, generated)).toEqual([`${path} is generated from nothing any more: delete it`]);
});
