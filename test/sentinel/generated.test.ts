import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readFunctions, readHunting, readRules } from '../../infra/sentinel/content.ts';
import { toShortDuration } from '../../infra/sentinel/generate.ts';

const ROOT = join(import.meta.dirname, '../../infra/sentinel');

function read(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

test.each(readRules())('the YAML of rule $name has the fields of the content hub', ({ name, query, description }) => {
  const rule = parse(read(`rules/${name}.yaml`)) as Record<string, unknown>;
  expect(rule).toMatchObject({
    id: description.id,
    name: description.displayName,
    severity: description.severity,
    requiredDataConnectors: description.requiredDataConnectors,
    triggerOperator: 'gt',
    triggerThreshold: 0,
    tactics: description.tactics,
    relevantTechniques: description.techniques,
    entityMappings: description.entityMappings,
    customDetails: description.customDetails,
    version: description.version,
    kind: 'Scheduled',
  });
  expect(rule.query).toBe(query);
  expect(rule.queryFrequency).toMatch(/^\d+[mhd]$/);
  expect(rule.queryPeriod).toMatch(/^\d+[mhd]$/);
});

test.each(readHunting())('the YAML of hunting query $name carries its query', ({ name, query, description }) => {
  expect(parse(read(`hunting/${name}.yaml`))).toMatchObject({
    id: description.id,
    query,
    relevantTechniques: description.techniques,
  });
});

test.each(readFunctions())(
  'the YAML of function $name carries its query and parameters',
  ({ name, query, description }) => {
    const yaml = parse(read(`functions/${name}.yaml`)) as Record<string, unknown>;
    expect(yaml.FunctionQuery ?? yaml.ParserQuery).toBe(query);
    const parameters = (yaml.FunctionParams ?? yaml.ParserParams ?? []) as Record<
      'Name' | 'Type' | 'Default',
      string
    >[];
    const text = parameters.map(({ Name, Type, Default }) => `${Name}:${Type}=${Default}`).join(',');
    expect(text).toBe(description.parameters.replaceAll(', ', ','));
  },
);

test('Bicep loads each query and each description, and no other', () => {
  const bicep = read('sentinel.bicep');
  const loaded = (call: string): string[] =>
    [...bicep.matchAll(new RegExp(`${call}\\('([^']+)'\\)`, 'g'))].map(([, path]) => path!);
  const sources = ['functions', 'rules', 'hunting'].flatMap((folder) =>
    readdirSync(join(ROOT, folder)).map((file) => `${folder}/${file}`),
  );
  const files = (extension: string): string[] => sources.filter((path) => path.endsWith(extension)).sort();
  expect(loaded('loadTextContent').sort()).toEqual(files('.kql'));
  expect(loaded('loadJsonContent').sort()).toEqual([...files('.json'), 'pages.json'].sort());
});

test('Bicep holds no KQL of its own but the calls of the unifying parsers', () => {
  expect(read('sentinel.bicep')).not.toMatch(/\| *(where|extend|project|summarize|join)\b/);
});

test('durations are written in the short form', () => {
  expect(toShortDuration('PT1H')).toBe('1h');
  expect(toShortDuration('P14D')).toBe('14d');
  expect(() => toShortDuration('P1DT1H')).toThrow('duration P1DT1H');
});
