import { Option, type Command } from 'commander';
import { alertList, alertReplayResult, alertTest, type AlertView } from '../../src/lib/alerts/alert-answers.ts';
import { EXIT } from '../cli-error.ts';
import { limitOption } from '../limit-option.ts';
import { action, type Session } from '../session.ts';
import { ago, count, counted, printable, table } from '../text.ts';

interface Options {
  readonly limit: string;
}

const GIVEN_UP = ['undelivered', 'uncertain'] as const;
const NO_WEBHOOK = 'no webhook is set (ALERT_WEBHOOK_URL).';
/** What needs a person first. */
const ORDER: readonly AlertView['state'][] = [...GIVEN_UP, 'waiting'];

/** `alerts`: what the webhook has not taken. */
export function addAlerts(program: Command): void {
  const parent = program
    .command('alerts')
    .description('list alerts that the SOAR webhook has not taken, post them again, or test the webhook')
    .addHelpText('after', '\nWhat they are and what is promised: docs/alerts.md.');
  parent
    .command('list', { isDefault: true })
    .description('list alerts that wait, or were given up, with the reasons')
    .addOption(limitOption())
    .addHelpText(
      'after',
      `
  waiting      refused, and tried again by itself for a day
  undelivered  refused for a day and given up
  uncertain    sent and never answered: look at the receiver whether it is there

Examples:
  qualys alerts
  qualys alerts list --limit 1000 --json`,
    )
    .action(action<Options>(listAll));
  parent
    .command('replay')
    .description('post alerts again that were given up')
    .addOption(
      new Option('--state <state>', 'which ones; an uncertain one may then come twice')
        .choices(GIVEN_UP)
        .default('undelivered'),
    )
    .addOption(limitOption())
    .addHelpText('after', '\nExamples:\n  qualys alerts replay\n  qualys alerts replay --state uncertain')
    .action(action<Options & { readonly state: string }>(replay));
  parent
    .command('test')
    .description('post one signed alert that says it is a test, and tell what came back')
    .addHelpText(
      'after',
      `
Its ticket_id begins with "test-", and its field "test" is true. It is posted once, and nothing of it is stored.
Exit code 1 when the webhook did not take it.

Example:
  qualys alerts test`,
    )
    .action(action(test));
}

async function listAll({ connector, isJson, print, printJson, color }: Session, { limit }: Options): Promise<number> {
  const { body } = await connector.ask({ path: 'alerts', query: { limit }, schema: alertList });
  if (isJson) printJson(body);
  else if (body.alerts.length === 0)
    print(body.isWebhookSet ? 'No alerts: the webhook has taken all.' : `No alerts: ${NO_WEBHOOK}`);
  else {
    const alerts = [...body.alerts].sort((one, two) => ORDER.indexOf(one.state) - ORDER.indexOf(two.state));
    const head = ['STATE', 'EVENT', 'TRIES', 'SINCE', 'NEXT TRY', 'REASON'];
    const [first = '', ...lines] = table(head, alerts.map(toRow));
    print(color('dim', first));
    for (const [index, line] of lines.entries()) print(alerts[index]?.state === 'waiting' ? line : color('red', line));
    print();
    const counts = ORDER.map((state) => `${count(alerts.filter((alert) => alert.state === state).length)} ${state}`);
    const isPart = alerts.length >= Number(limit);
    print(`${counts.join(', ')}${isPart ? `: the first ${limit}, see --limit; qualys status --json counts all` : ''}`);
    if (!body.isWebhookSet) print(color('yellow', `None is posted: ${NO_WEBHOOK}`));
  }
  return EXIT.fine;
}

function toRow({ state, id, attempts, since, nextAttempt, error }: AlertView): string[] {
  return [state, id, count(attempts), ago(since), nextAttempt ?? '', error ?? ''];
}

async function replay(session: Session, { state, limit }: Options & { readonly state: string }): Promise<number> {
  const { connector, isJson, print, printJson } = session;
  const path = 'alerts/replay';
  const { body } = await connector.ask({ method: 'POST', path, query: { state, limit }, schema: alertReplayResult });
  if (isJson) printJson(body);
  else print(`${counted(body.replayed, `${state} alert`)} in the queue again.`);
  return EXIT.fine;
}

async function test({ connector, isJson, print, printJson, color }: Session): Promise<number> {
  const { body } = await connector.ask({ method: 'POST', path: 'alerts/test', schema: alertTest });
  const isTaken = body.outcome === 'accepted';
  if (isJson) printJson(body);
  else {
    const { ticketId, status, error, isSigned, durationMs } = body;
    const told = isTaken ? `HTTP ${status ?? ''}` : printable(error ?? '');
    const line = `Test ${printable(ticketId)} ${OUTCOMES[body.outcome]}: ${told} (${count(durationMs)} ms)`;
    print(color(isTaken ? 'green' : 'red', line));
    print(
      isSigned ? 'It was signed with ALERT_WEBHOOK_SECRET.' : 'It was not signed: ALERT_WEBHOOK_SECRET is not set.',
    );
  }
  return isTaken ? EXIT.fine : EXIT.problem;
}

const OUTCOMES = { accepted: 'taken', refused: 'not taken', unknown: 'sent, and not known to be taken' } as const;
