import type { Command } from 'commander';
import {
  costAnswer,
  type CausesCost,
  type CostAnswer,
  type Month,
  type SentVolume,
} from '../../src/lib/cost/cost-answer.ts';
import { EXIT } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { count, counted, printable, size, table } from '../text.ts';

/** Fields that are shown; `--json` has all. */
const MOST_FIELDS = 10;

/** `cost`: what is billed for what is sent? */
export function addCost(program: Command): void {
  program
    .command('cost')
    .description(
      'show what was sent in the last days as it is billed, a month of it with its price, and what other settings would cost',
    )
    .addHelpText(
      'after',
      `
Billed is the text of the columns' values (Azure: 1 GB = 10^9 bytes). It is counted where rows are sent: backfills and
what was sent again are among it, and so is the catch-up of a new stream, which makes a month too much. Days are UTC; WEEK is the last seven, today included; MONTH is thirty days at that pace,
at PRICE_PER_GB. What a filter in Azure drops is not known here.

Examples:
  qualys cost
  qualys cost --json | jq '.total.month'`,
    )
    .action(
      action(async (session) => {
        const { body } = await session.connector.ask({ path: 'cost', schema: costAnswer });
        if (session.isJson) session.printJson(body);
        else showCost(body, session);
        return EXIT.fine;
      }),
    );
}

function showCost(cost: CostAnswer, { color, print }: Session): void {
  const { countedFrom, pricePerGb, streams, total } = cost;
  if (countedFrom === null) {
    print('Nothing was sent in the last seven days, or it was not counted yet.');
    return;
  }
  const head = ['STREAM', 'TODAY', 'YESTERDAY', 'WEEK', 'ROWS OF WEEK', 'MONTH', 'PRICE'];
  const rows = [...streams, { name: 'all', ...total }].map(({ name, ...volume }) => [name, ...cellsOf(volume)]);
  const [first = '', ...lines] = table(head, rows);
  print(color('dim', first));
  for (const line of lines) print(line);
  print();
  print(`Counted since ${countedFrom}; ${count(pricePerGb)} a GB (PRICE_PER_GB).`);
  for (const { causes, modes, name } of streams) {
    if (modes.length > 0) print();
    for (const { setting, value, isSet, basis, month } of modes) {
      const unknown = basis === 'unknown' ? 'not known' : 'known after the first hour';
      const price = month === null ? unknown : `${sizeOf(month)}, ${money(month)} a month`;
      const how = basis === 'estimated' ? ' (estimated)' : '';
      print(`${isSet ? '*' : ' '} ${printable(`${setting}=${value}`)}: ${price}${how}`);
    }
    if (causes !== null) showCauses(name, causes, print);
  }
}

function cellsOf({ today, yesterday, week, month }: SentVolume): string[] {
  const days = [today, yesterday, week].map(({ bytes }) => size(bytes));
  return [...days, count(week.rows), month === null ? '–' : sizeOf(month), month === null ? '–' : money(month)];
}

function showCauses(
  name: string,
  { changed, refresh, sample, uncompared, unknown }: CausesCost,
  print: Session['print'],
): void {
  print(
    `\n${printable(name)}, hosts sent: ${count(changed)} changed, ${count(unknown)} new or not known, ${count(refresh)} for VM_REFRESH_DAYS, ${count(uncompared)} not compared`,
  );
  if (sample === null) return;
  const { compared, fields } = sample;
  const part = (number: number): string => `${Math.round((100 * number) / compared)} %`;
  print(`What had changed in a sample of ${counted(compared, 'changed host')}; a host may stand in several lines:\n`);
  const rows = fields
    .slice(0, MOST_FIELDS)
    .map(({ alone, name: field, records, saved }) => [
      FIELD_NAMES.get(field) ?? field,
      part(records),
      part(alone),
      saved === null ? '–' : `${sizeOf(saved)}, ${money(saved)} a month (estimated)`,
    ]);
  for (const line of table(['FIELD', 'HOSTS', 'ALONE', 'SAVED IN VM_PASSING_FIELDS'], rows)) print(line);
}

/** What is no element. */
const FIELD_NAMES: ReadonlyMap<string, string> = new Map([
  ['DETECTION_LIST', 'detections came or went'],
  ['order', 'nothing but the order'],
  ['other', 'other fields'],
]);

function sizeOf({ gigabytes }: Month): string {
  return size(gigabytes * 1e9);
}

function money({ price }: { readonly price: number }): string {
  return price.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}
