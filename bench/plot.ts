/**
 * `node bench/plot.ts`: draws `bench/results.json` and `bench/growth.json` as `docs/performance-*.svg` and writes the generated parts of
 * `docs/performance.md`, so that no figure there is typed by hand.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type Config, type TopLevelSpec } from 'vega-lite';
import { PEAK_MB, type Growth, type GrowthPoint } from './growth-point.ts';
import { performanceParts } from './performance-page.ts';
import type { BenchResult } from './result.ts';

const PAGE = 'docs/performance.md';
const END = '<!-- end of generated part -->';

/** Plots by the end of their file's name, with what a screen reader says. */
const PLOTS = {
  speed: {
    description: 'Bars: how many times better than its rival each benchmark is; the line is the rival.',
    spec: (results: readonly BenchResult[]) => speedPlot(results),
  },
  growth: {
    description:
      'Seconds, calls, peak memory and state rows a window against detections a host and against EDR events.',
    spec: (_: readonly BenchResult[], growth: Growth) => growthPlot(growth.points),
  },
  workers: {
    description:
      'Seconds of a catch-up with one, two and four workers, beside the time of one worker divided by their number.',
    spec: (_: readonly BenchResult[], growth: Growth) => workersPlot(growth.points),
  },
} as const;

const CONFIG: Config = {
  background: 'white',
  font: 'system-ui, sans-serif',
  axis: { labelFontSize: 11, titleFontSize: 12, gridColor: '#e3e6ea' },
  view: { stroke: '#c3ccd6' },
  title: { fontSize: 13 },
  range: { category: ['#2f5fa8', '#b35900', '#57606a'] },
};

/** All plots as SVG, by the name of their file. */
export async function drawPlots(results: readonly BenchResult[], growth: Growth): Promise<Record<string, string>> {
  const drawn = Object.entries(PLOTS).map(async ([name, { description, spec }]) => {
    const { spec: compiled } = compile({ ...spec(results, growth), description, config: CONFIG, padding: 12 });
    const svg = await new View(parse(compiled), { renderer: 'none' }).toSVG();
    return [`performance-${name}.svg`, titled(svg, description)] as const;
  });
  return Object.fromEntries(await Promise.all(drawn));
}

/** The SVG with a role and a title, which Vega leaves out. */
function titled(svg: string, description: string): string {
  return `${svg.replace(/<svg ([^>]*)>/, `<svg role="img" $1><title>${description}</title>`)}\n`;
}

/** Only lines with a rival, not those with a bound. */
function speedPlot(results: readonly BenchResult[]): TopLevelSpec {
  const values = results
    .filter(({ name, isBound }) => isBound !== true && !name.startsWith('growth-'))
    .map(({ name, ratio, rivalName }) => ({ line: `${name}: ${rivalName}`, ratio: Math.round(ratio * 10) / 10 }));
  const y = { field: 'line', type: 'nominal', sort: null, title: null, axis: { labelLimit: 420 } } as const;
  const scale = { type: 'log', domainMin: 0.5, nice: false } as const;
  const x = { field: 'ratio', type: 'quantitative', scale, title: 'times better than the rival' } as const;
  return {
    data: { values },
    width: 420,
    height: { step: 26 },
    layer: [
      { mark: { type: 'bar', color: '#2f5fa8' }, encoding: { y, x, x2: { datum: 1 } } },
      { mark: { type: 'text', align: 'left', dx: 4 }, encoding: { y, x, text: { field: 'ratio' } } },
      { mark: { type: 'rule', color: '#57606a' }, encoding: { x: { datum: 1 } } },
    ],
  };
}

/** Rows: series; columns: what is measured. Logarithmic across, so that ten times the size is the same step everywhere. */
function growthPlot(points: readonly GrowthPoint[]): TopLevelSpec {
  return {
    vconcat: [growthRow(points, 'vm', 'detections a host'), growthRow(points, 'edr', 'EDR events')],
  };
}

function growthRow(points: readonly GrowthPoint[], series: 'vm' | 'edr', title: string) {
  const values = points
    .filter((point) => point.series === series)
    .map((point) => ({ ...point, stateRowsPerWindow: point.stateRows / point.windows }));
  const sizes = values.map(({ size }) => size);
  return {
    data: { values },
    hconcat: [
      growthCell('seconds', 's', title, sizes),
      growthCell('calls', 'calls', title, sizes),
      growthCell('peakMb', 'peak MB', title, sizes, PEAK_MB),
      growthCell('stateRowsPerWindow', 'state rows a window', title, sizes, 1),
    ],
  };
}

function growthCell(field: string, measure: string, title: string, sizes: readonly number[], limit?: number) {
  const axis = { values: [...sizes], format: ',', grid: false };
  const encoding = {
    x: { field: 'size', type: 'quantitative' as const, scale: { type: 'log' as const }, axis, title },
    y: { field, type: 'quantitative' as const, scale: { zero: true }, title: measure },
  };
  const line = { mark: { type: 'line' as const, point: { size: 50 }, color: '#2f5fa8' }, encoding };
  if (limit === undefined) return { width: 150, height: 130, layer: [line] };
  const rule = {
    mark: { type: 'rule' as const, strokeDash: [4, 4], color: '#b35900' },
    encoding: { y: { datum: limit } },
  };
  return { width: 150, height: 130, layer: [line, rule] };
}

function workersPlot(points: readonly GrowthPoint[]): TopLevelSpec {
  const own = points.filter(({ series }) => series === 'workers');
  const one = (own[0]?.seconds ?? 0) * (own[0]?.workers ?? 0);
  const values = own.flatMap(({ workers, processes, seconds }) => [
    { workers, seconds, what: processes === 1 ? 'measured, one process' : `measured, ${processes} processes` },
    ...(processes === 1 ? [{ workers, seconds: one / workers, what: 'one worker ÷ workers' }] : []),
  ]);
  return {
    data: { values },
    width: 420,
    height: 220,
    mark: { type: 'line', point: { size: 60 } },
    encoding: {
      x: { field: 'workers', type: 'ordinal', title: 'workers (calls at once)', axis: { labelAngle: 0 } },
      y: { field: 'seconds', type: 'quantitative', title: 's' },
      color: { field: 'what', type: 'nominal', title: null, sort: null },
      strokeDash: { field: 'what', type: 'nominal', title: null, sort: null },
    },
  };
}

/** A page with its generated parts replaced. @throws Error when the page lacks the markers of a part. */
export function replaceParts(page: string, parts: Readonly<Record<string, string>>): string {
  return Object.entries(parts).reduce((text, [name, part]) => {
    const begin = `<!-- generated: ${name} -->`;
    const from = text.indexOf(begin);
    const to = text.indexOf(END, from);
    if (from < 0 || to < 0) throw new Error(`${PAGE} must hold the lines ${begin} and ${END}`);
    return `${text.slice(0, from)}${begin}\n\n${part}\n\n${text.slice(to)}`;
  }, page);
}

/** What stands above the growth and below the results: pictures only once there are any. */
function picture(name: keyof typeof PLOTS): string {
  return `![${PLOTS[name].description}](performance-${name}.svg)`;
}

/** Writes the plots and the page. */
export async function writePerformance(root: string): Promise<void> {
  const results = JSON.parse(await readFile(join(root, 'bench/results.json'), 'utf8')) as BenchResult[];
  const growth = JSON.parse(await readFile(join(root, 'bench/growth.json'), 'utf8')) as Growth;
  const { results: lines = '', growth: growthLines = '', ...others } = performanceParts(results, growth);
  const parts = {
    ...others,
    results: `${lines}\n\n${picture('speed')}`,
    growth: `${growthLines}\n\n${picture('growth')}\n\n${picture('workers')}`,
  };
  const page = replaceParts(await readFile(join(root, PAGE), 'utf8'), parts);
  for (const [file, svg] of Object.entries(await drawPlots(results, growth)))
    await writeFile(join(root, 'docs', file), svg);
  await writeFile(join(root, PAGE), page);
}

if (import.meta.main) await writePerformance(join(import.meta.dirname, '..'));
