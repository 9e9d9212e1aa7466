import type { Command } from 'commander';
import { clearedTraces, traceList, type CallTrace } from '../../src/lib/pipeline/trace-answers.ts';
import { EXIT } from '../cli-error.ts';
import { action, type Session } from '../session.ts';
import { count, counted, printable } from '../text.ts';

/** `trace`: calls to Qualys, for a support case. */
export function addTrace(program: Command): void {
  program
    .command('trace')
    .description('print the calls to Qualys that were traced (QUALYS_TRACE), for a support case')
    .option('--clear', 'delete them instead, so that as many calls are traced again')
    .addHelpText(
      'after',
      '\nWithout secrets, but with data of yours: look through it before you pass it on.\n\nExamples:\n  qualys trace --json > trace.json\n  qualys trace --clear',
    )
    .action(
      action<{ readonly clear?: boolean }>(async (session, { clear = false }) => {
        await (clear ? clearAll(session) : printAll(session));
        return EXIT.fine;
      }),
    );
}

async function clearAll({ connector, isJson, print, printJson }: Session): Promise<void> {
  const { body } = await connector.ask({ method: 'DELETE', path: 'traces', schema: clearedTraces });
  if (isJson) printJson(body);
  else print(`${counted(body.deleted, 'trace')} deleted.`);
}

async function printAll(session: Session): Promise<void> {
  const { body } = await session.connector.ask({ path: 'traces', schema: traceList });
  const { wanted, traces } = body;
  const asked = wanted === 0 ? 'none are: QUALYS_TRACE is not set' : `QUALYS_TRACE is ${wanted}`;
  if (session.isJson) session.printJson(body);
  else {
    for (const trace of traces) printCall(session, trace);
    const found = traces.length === 0 ? 'No calls have been' : counted(traces.length, 'call');
    session.print(`${found} traced; ${asked}.`);
  }
}

function printCall(
  { print, color }: Session,
  { at, request, answer, error, firstByteMs, durationMs }: CallTrace,
): void {
  const times = `${durationMs === null ? 'not ended' : `${count(durationMs)} ms`}, first byte ${firstByteMs === null ? 'none' : `${count(firstByteMs)} ms`}`;
  print(color('bold', `${at}  ${request.method} ${printable(request.url)}  (${times})`));
  printPart(print, '>', request.headers, request.body);
  if (error !== null) print(color('red', `< ${printable(error)}`));
  if (answer !== null) {
    const cut = answer.isWhole ? '' : ', not read to its end';
    print(`< HTTP ${answer.status}, ${counted(answer.bytes, 'byte')}${cut}`);
    printPart(print, '<', answer.headers, answer.body);
  }
  print();
}

function printPart(
  print: Session['print'],
  mark: string,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  for (const [name, value] of Object.entries(headers)) print(`${mark} ${printable(name)}: ${printable(value)}`);
  if (body === '') return;
  for (const line of body.split(/\r?\n/)) print(`${mark}   ${printable(line)}`);
}
