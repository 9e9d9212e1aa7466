import { useEffect, useRef, useState } from 'preact/hooks';
import type uPlot from 'uplot';
import type { DayRange } from '../model/day-range.ts';
import { formatCount, formatTime } from '../model/format.ts';
import { describeRows, type HourRows } from '../model/rows-per-hour.ts';
import { drawRows, toPlotData } from './draw-rows.ts';
import { useTheme } from './use-theme.ts';

interface RowsChartProps {
  readonly name: string;
  readonly hours: readonly HourRows[];
  readonly range: DayRange;
}

/** Rows by hour under the strip, on the same time; the same figures as a sentence and as a table. */
export function RowsChart({ name, hours, range }: RowsChartProps) {
  const frame = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const theme = useTheme();
  const [pointed, setPointed] = useState<number>();
  const current = useRef({ hours, range });
  current.current = { hours, range };

  useEffect(() => {
    const place = frame.current;
    if (place === null) return undefined;
    const made = drawRows(place, () => current.current, setPointed);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: place.clientWidth, height: made.height }));
    observer.observe(place);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme]);

  const figures = hours.map(({ rows }) => rows).join();
  useEffect(() => plot.current?.setData(toPlotData(hours)), [figures, range.start, theme]);

  const hour = pointed === undefined ? undefined : hours[pointed];
  return (
    <figure class="chart">
      <figcaption class="muted small">
        Rows by hour of the data
        <span aria-hidden="true">{hour !== undefined && ` · ${formatTime(hour.hour)}: ${formatCount(hour.rows)}`}</span>
      </figcaption>
      <div ref={frame} class="plot" role="img" aria-label={`Chart of ${name}: ${describeRows(hours, formatCount)}`} />
      <details class="small">
        <summary>Rows by hour as a table</summary>
        <RowsTable name={name} hours={hours} />
      </details>
    </figure>
  );
}

function RowsTable({ name, hours }: { readonly name: string; readonly hours: readonly HourRows[] }) {
  return (
    <table>
      <caption class="visually-hidden">Rows of {name} by hour, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Hour from (UTC)</th>
          <th scope="col" class="number">
            Rows
          </th>
        </tr>
      </thead>
      <tbody>
        {[...hours].reverse().map(({ hour, rows }) => (
          <tr key={hour}>
            <td>{new Date(hour).toISOString().slice(0, 16).replace('T', ' ')}</td>
            <td class="number">{formatCount(rows)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
