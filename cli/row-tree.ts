import { count, counted, printable } from './text.ts';

const INDENT = '  ';

/** A row unfolded: a line a value, what is inside further in; columns without a value are counted at the end. */
export function writeRowTree(row: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(row);
  const told = entries.filter(([, value]) => value !== null && value !== '');
  const absent = entries.length - told.length;
  const end = absent === 0 ? [] : [`(${counted(absent, 'column')} without a value)`];
  return [...told.flatMap(([name, value]) => writeValue(name, value, '')), ...end];
}

function writeValue(name: string, value: unknown, indent: string): string[] {
  const label = `${indent}${printable(name)}`;
  if (typeof value === 'string') return writeText(label, value, indent);
  if (typeof value !== 'object' || value === null) return [`${label}: ${JSON.stringify(value)}`];
  const members = Array.isArray(value)
    ? value.map((each, place) => [`[${place + 1}]`, each] as const)
    : Object.entries(value);
  const kind = Array.isArray(value) ? ` (${count(members.length)})` : '';
  return [`${label}${kind}`, ...members.flatMap(([below, each]) => writeValue(below, each, indent + INDENT))];
}

/** Lines of a text stay lines, and tabs become space. */
function writeText(label: string, text: string, indent: string): string[] {
  const lines = text.replaceAll('\t', '    ').split(/\r?\n/);
  if (lines.length === 1) return [`${label}: ${printable(lines[0] ?? '')}`];
  return [`${label}:`, ...lines.map((line) => `${indent}${INDENT}| ${printable(line)}`)];
}
