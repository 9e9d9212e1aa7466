import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, test } from 'vitest';
import { figure, growthPart, performanceParts, resultsPart } from '../../bench/performance-page.ts';
import { drawPlots, replaceParts } from '../../bench/plot.ts';
import { makeGrowth, makeResults } from './growth-points.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/performance.md'), 'utf8');

describe('the page', () => {
  test('has a place for every part, and replacing twice changes nothing more', () => {
    const parts = performanceParts(makeResults(), makeGrowth());
    const once = replaceParts(page, parts);
    for (const part of Object.values(parts)) expect(once).toContain(part);
    expect(replaceParts(once, parts)).toBe(once);
    expect(once).not.toContain('Not measured yet');
  });

  test('without a marker is refused by the marker it lacks', () => {
    expect(() => replaceParts('# Performance', { results: '' })).toThrow('<!-- generated: results -->');
  });

  test('shows each result with its goal, and what does not hold', () => {
    const lines = resultsPart(makeResults()).split('\n');
    expect(lines[2]).toBe('| `vm-decode` | 120 | 15 | MB/s | a \\| b | 8 | ≥ 8 | yes |');
    expect(lines[3]).toContain('| 2.5 | ≥ 3 | **no** |');
    expect(lines[4]).toContain('| 0.44 | ≤ 1 | yes |');
  });

  test('shows each point of the growth, as wide as its head', () => {
    const growth = makeGrowth();
    const lines = growthPart(growth).split('\n').slice(2);
    expect(lines).toHaveLength(growth.points.length + 2);
    expect(new Set(lines.map((line) => line.split('|').length)).size).toBe(1);
  });

  test('names what binds first and marks what does not fit', () => {
    const { tenant } = performanceParts(makeResults(), makeGrowth());
    expect(tenant).toContain('Standard: EDR calls an hour bind first; the subscription does not suffice');
    expect(tenant).toContain('| EDR calls an hour | 1,020 | **340 % of 300** | **136 % of 750** | 51 % of 2,000 |');
  });
});

test.each([
  [0.012_345, '0.0123'],
  [99.96, '100'],
  [1234.5, '1,235'],
  [0, '0'],
  [Number.NaN, '–'],
])('the figure %d is shown as %s', (value, text) => {
  expect(figure(value)).toBe(text);
});

describe('plots', () => {
  test('are well-formed SVG that says what it shows', async () => {
    const plots = await drawPlots(makeResults(), makeGrowth());
    expect(Object.keys(plots)).toEqual(['performance-speed.svg', 'performance-growth.svg', 'performance-workers.svg']);
    for (const svg of Object.values(plots)) {
      new SaxesParser({ xmlns: true }).write(svg).close();
      expect(svg).toMatch(/^<svg role="img" .*<title>[^<]+<\/title>/);
      expect(svg).not.toMatch(/NaN|undefined|Infinity/);
    }
  });

  test('come out the same from the same figures', async () => {
    expect(await drawPlots(makeResults(), makeGrowth())).toEqual(await drawPlots(makeResults(), makeGrowth()));
  });

  test('show bars for lines with a rival only', async () => {
    const { 'performance-speed.svg': svg } = await drawPlots(makeResults(), makeGrowth());
    expect(svg).toContain('vm-decode: a | b');
    expect(svg).not.toContain('zip-size');
  });
});
