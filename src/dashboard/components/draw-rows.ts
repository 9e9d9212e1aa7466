import uPlot from 'uplot';
import { hourMarks, type DayRange } from '../model/day-range.ts';
import { formatTime } from '../model/format.ts';
import type { HourRows } from '../model/rows-per-hour.ts';

const HEIGHT = 120;
/** The strip above leaves the same room for the scale (`--gutter` in the styles). */
const GUTTER = 44;
/** Below this width every sixth hour is written, else every third. */
const NARROW = 500;
/** 1, 2, 5, 10, 20, 50 …: rows are whole. */
const ROW_STEPS = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();
const compact = new Intl.NumberFormat('en', { notation: 'compact' });

interface Shown {
  readonly hours: readonly HourRows[];
  readonly range: DayRange;
}

/** The figures as uPlot wants them; it counts in seconds. */
export function toPlotData(hours: readonly HourRows[]): uPlot.AlignedData {
  return [hours.map(({ hour }) => hour / 1000), hours.map(({ rows }) => rows)];
}

/** Draws the bars into `place`; `onPoint` gets the hour under the pointer. */
export function drawRows(place: HTMLElement, shown: () => Shown, onPoint: (index: number | undefined) => void): uPlot {
  const styles = getComputedStyle(place);
  const color = (name: string): string => styles.getPropertyValue(name).trim();
  const axis: uPlot.Axis = {
    stroke: color('--muted'),
    font: `12px ${styles.fontFamily}`,
    grid: { stroke: color('--line'), width: 1 },
    ticks: { show: false },
  };
  const options: uPlot.Options = {
    width: place.clientWidth,
    height: HEIGHT,
    padding: [8, 0, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { time: false, range: () => [shown().range.start / 1000, shown().range.end / 1000] },
      y: { range: (_plot, _min, max) => [0, Math.max(1, max * 1.05)] },
    },
    axes: [
      {
        ...axis,
        size: 24,
        splits: (plot) => hourMarks(shown().range, plot.width < NARROW ? 6 : 3).map((time) => time / 1000),
        values: (_plot, splits) => splits.map((seconds) => formatTime(seconds * 1000)),
      },
      {
        ...axis,
        size: GUTTER,
        space: 36,
        incrs: ROW_STEPS,
        values: (_plot, splits) => splits.map((rows) => compact.format(rows)),
      },
    ],
    series: [
      {},
      {
        fill: color('--bars'),
        width: 0,
        paths: uPlot.paths.bars?.({ size: [0.85, 100], align: 1 }) ?? (() => null),
        points: { show: false },
      },
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
  return new uPlot(options, toPlotData(shown().hours), place);
}
