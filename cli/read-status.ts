import { status, type StatusAnswer } from '../src/lib/health/health-answers.ts';
import { CliError, EXIT } from './cli-error.ts';
import type { Connector } from './connector.ts';
import { printable } from './text.ts';

/** Asks for the status. @throws CliError. */
export async function readStatus(connector: Connector, signal?: AbortSignal): Promise<StatusAnswer> {
  const { body } = await connector.ask({
    path: 'status',
    schema: status,
    ...(signal === undefined ? {} : { signal }),
  });
  return body;
}

/** The streams of the connector. @throws CliError, also where it cannot read what it has stored of them. */
export async function readStreams(connector: Connector): Promise<StatusAnswer['streams']> {
  const { streams, headline, problems } = await readStatus(connector);
  if (streams.length > 0) return streams;
  throw new CliError(EXIT.problem, printable(problems[0]?.text ?? headline));
}
