import { homeOf, type RecordColumn } from '../../src/lib/records/record-table.ts';
import { EVENT_COLUMNS, EVENT_COPIES } from '../../src/lib/streams/edr-events/event-columns.ts';

/** Most arrays that KQL's `zip` takes. */
const MOST_ZIPPED = 16;

/** Columns of which `QualysEdrEventRows` shows another value than the table has. */
const SHOWN_OTHERWISE: Readonly<Record<string, string>> = { FileName: 'SentFileName' };

/** A value that goes back to its place in a record: where it does, and what it is, in KQL. */
interface Put {
  readonly member: string;
  readonly given: string;
  readonly value: string;
}

/** What goes back into an object of the record. */
interface Place {
  readonly puts: Put[];
  readonly objects: Map<string, Place>;
  /** Of lists, what goes back into their elements. */
  readonly lists: Map<string, Put[]>;
}

/**
 * The steps of `QualysEdrEvents` that put values of columns back to their homes: `Told` lists what `$rest` says, `Rest` is the record without
 * that, and `Record` becomes the whole. The same as `rebuildRecord` of the command line, from the same declaration.
 */
export function recordSteps(): string {
  const root = toPlaces();
  const steps: string[][] = [];
  const merged = merge(root, 'Rest', 'Record', steps);
  const made = steps.flat().map((line) => line.replace(/ = [^]*/, ''));
  return [
    ...steps.map((lines) => `| extend\n    ${lines.join(',\n    ')}`),
    `| extend Record = iff(isnull(Told), Record, ${merged})`,
    `| project-away Told, Rest, ${made.join(', ')}`,
  ].join('\n');
}

function newPlace(): Place {
  return { puts: [], objects: new Map(), lists: new Map() };
}

function toPlaces(): Place {
  const root = newPlace();
  for (const column of EVENT_COLUMNS)
    put(root, homeOf(column), column, `${isGiven(column)} and not(set_has_element(Told, '${column.name}'))`);
  EVENT_COPIES.forEach(({ column: name, path }, number) => {
    const column = EVENT_COLUMNS.find((each) => each.name === name);
    if (column === undefined) throw new Error(`copy ${number}: there is no column ${name}`);
    put(root, path, column, `${isGiven(column)} and set_has_element(Told, ${number})`);
  });
  return root;
}

function put(root: Place, path: string | undefined, column: RecordColumn, given: string): void {
  if (path === undefined) return;
  const [home = '', element] = path.split('[].');
  const names = home.split('.');
  const member = names.pop() ?? '';
  const place = names.reduce((at, name) => {
    const next = at.objects.get(name) ?? newPlace();
    at.objects.set(name, next);
    return next;
  }, root);
  const value = valueOf(column);
  if (element === undefined) place.puts.push({ member, given, value });
  else place.lists.set(member, [...(place.lists.get(member) ?? []), { member: element, given, value }]);
}

function isText({ kind }: RecordColumn): boolean {
  return (typeof kind === 'object' ? kind.type : kind) === 'string';
}

function shown(name: string): string {
  return SHOWN_OTHERWISE[name] ?? name;
}

function isGiven(column: RecordColumn): string {
  return `${isText(column) ? 'isnotempty' : 'isnotnull'}(${shown(column.name)})`;
}

/** A column's value as it stood in the record. */
function valueOf({ kind, name }: RecordColumn): string {
  if (kind !== 'dateTime') return shown(name);
  return `strcat(format_datetime(${name}, 'yyyy-MM-dd'), 'T', format_datetime(${name}, 'HH:mm:ss.fff'), '+0000')`;
}

/** An object with what goes back into it, as KQL; the steps before it are added. What stands in the rest stays. */
function merge({ puts, objects, lists }: Place, rest: string, name: string, steps: string[][]): string {
  const whole = [...objects].map(([member, place]) => {
    const column = `${name}${capital(member)}`;
    const inner = merge(place, `${rest}.${member}`, column, steps);
    steps.push([`${column} = ${inner}`]);
    return given(`array_length(bag_keys(${column})) > 0`, member, column);
  });
  const filled = [...lists].map(([member, list]) =>
    fill(list, `${rest}.${member}`, `${name}${capital(member)}`, steps),
  );
  const single = puts.map((each) => given(each.given, each.member, each.value));
  const own = rest === 'Rest' ? rest : `iff(gettype(${rest}) == 'dictionary', ${rest}, dynamic({}))`;
  const members = [...lists.keys()].map((member, index) => {
    const column = `${name}${capital(member)}`;
    return given(`${filled[index] ?? ''} > 0`, member, column);
  });
  return `bag_merge(\n        ${[...whole, ...members, own, ...single].join(',\n        ')})`;
}

/** The elements of a list with what goes back into them; @returns the column that says how many that are. */
function fill(puts: readonly Put[], rest: string, name: string, steps: string[][]): string {
  const members = [...new Set(puts.map(({ member }) => member))];
  const columns = members.map((member) => `${name}${capital(member)}`);
  // An array, a separator on each side of it, and the elements of the rest.
  if (2 * columns.length + 3 > MOST_ZIPPED) throw new Error(`${rest}: zip takes no more than ${MOST_ZIPPED} arrays`);
  steps.push(
    members.map((member, index) => `${columns[index] ?? ''} = ${elementsOf(puts, member)}`),
    [
      `${name}Count = max_of(0, ${columns.map((column) => `array_length(${column})`).join(', ')})`,
      `${name}Rest = iff(gettype(${rest}) == 'array', ${rest}, dynamic([]))`,
    ],
  );
  steps.push([`${name}Separators = repeat(RowKey, max_of(${name}Count, array_length(${name}Rest)))`]);
  const zipped = [...columns, `${name}Rest`].flatMap((column) => [`${name}Separators`, column]);
  steps.push([`${name} = toElements(zip(${zipped.join(', ')}, ${name}Separators), RowKey)`]);
  return `${name}Count`;
}

/** `[{"verdict":"MALICIOUS"}]` of a list of texts, or of the text of a copy, which is the first element's. */
function elementsOf(puts: readonly Put[], member: string): string {
  const cases = puts
    .filter((each) => each.member === member)
    .map(({ given: isThere, value }) => {
      const column = EVENT_COLUMNS.find(({ name }) => name === value);
      return column?.kind === 'list'
        ? `${isThere}, toMembers(${value}, '${member}')`
        : `${isThere}, pack_array(bag_pack('${member}', ${value}))`;
    });
  return `case(${cases.join(', ')}, dynamic([]))`;
}

function given(condition: string, member: string, value: string): string {
  return `iff(${condition}, bag_pack('${member}', ${value}), dynamic({}))`;
}

function capital(name: string): string {
  return `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
}
