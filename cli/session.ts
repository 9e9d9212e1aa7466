import type { Command } from 'commander';
import { styleText } from 'node:util';
import { createConnector, isInTheClear, type Connector } from './connector.ts';
import { CliError, EXIT } from './cli-error.ts';
import { nameLogin } from './login.ts';
import { printable } from './text.ts';

/** Where the local app listens. */
export const LOCAL_URL = 'http://127.0.0.1:7071';

/** Options of every command. */
export interface GlobalOptions {
  readonly url: string;
  readonly key?: string;
  readonly token?: string;
  /** In milliseconds. */
  readonly timeout: number;
  readonly json?: boolean;
}

/** What a command works with. */
export interface Session {
  readonly connector: Connector;
  /** Whether the answer is to be printed as JSON. */
  readonly isJson: boolean;
  /** Prints a line of the result. */
  readonly print: (line?: string) => void;
  /** Prints the result as JSON. */
  readonly printJson: (value: unknown) => void;
  /** Tells something beside the result. */
  readonly note: (line: string) => void;
  readonly color: (format: 'red' | 'yellow' | 'green' | 'bold' | 'dim', text: string) => string;
  /** A command line that reaches the same connector, to be copied. */
  readonly commandLine: (...words: readonly string[]) => string;
}

type Run<Options, Operands extends readonly unknown[]> = (
  session: Session,
  options: Options,
  ...operands: Operands
) => Promise<number>;

/** Makes the action of a command: opens a session, runs, and takes the result as exit code. */
export function action<Options extends object = object, Operands extends readonly unknown[] = []>(
  run: Run<Options, Operands>,
): (...given: unknown[]) => Promise<void> {
  return async (...given) => {
    // Commander gives the operands, the options and the command.
    const command = given.at(-1) as Command;
    const operands = given.slice(0, -2) as unknown as Operands;
    refuseBlanks(command, operands);
    process.exitCode = await run(openSession(command), command.opts<Options>(), ...operands);
  };
}

/**
 * A blank word is a variable that a shell has not: without it the command would be another one, for all in place of one.
 * @throws CliError that names it.
 */
function refuseBlanks(command: Command, operands: readonly unknown[]): void {
  const isBlank = (value: unknown): boolean => typeof value === 'string' && value.trim() === '';
  const values: Readonly<Record<string, unknown>> = command.optsWithGlobals();
  const options = [...command.options, ...rootOf(command).options].filter((option) => {
    const name = option.attributeName();
    return command.getOptionValueSourceWithGlobals(name) === 'cli' && isBlank(values[name]);
  });
  const blankOperands = command.registeredArguments.filter((_, place) => [operands[place]].flat().some(isBlank));
  const blanks = [...options.map(({ long, short }) => long ?? short), ...blankOperands.map((each) => each.name())];
  if (blanks.length > 0) throw new CliError(EXIT.usage, `${blanks.join(', ')} must not be empty`);
}

function openSession(command: Command): Session {
  const { timeout, json = false, ...given } = command.optsWithGlobals<GlobalOptions>();
  // A blank variable counts as unset.
  const url = given.url.trim() || LOCAL_URL;
  const login = { key: set(given.key), token: set(given.token) };
  const note = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  for (const [name, value] of Object.entries(login)) {
    if (value !== undefined && !/^[\x21-\x7e]+$/.test(value))
      throw new CliError(
        EXIT.usage,
        `the ${name} holds characters that no ${name} has: was it copied whole, and alone?`,
      );
  }
  const onSlow = (): void => {
    if (process.stderr.isTTY) note('No answer yet; after a pause the app needs some seconds to start …');
  };
  const connector = createConnector({ url, login, timeoutMs: timeout, onSlow });
  if (isInTheClear(connector.url))
    note(
      `Warning: ${connector.url} is not encrypted; whoever listens reads the ${nameLogin(login) || 'answers'}. Use https.`,
    );
  const isTold = rootOf(command).getOptionValueSource('url') === 'cli';
  const program = process.env.npm_lifecycle_event === 'npx' ? 'npx qualys' : 'npm run -s qualys --';
  return {
    connector,
    isJson: json,
    print: (line = '') => {
      process.stdout.write(`${line}\n`);
    },
    printJson: (value) => {
      process.stdout.write(`${toJson(value)}\n`);
    },
    note,
    color: (format, text) => styleText(format, text, { stream: process.stdout }),
    commandLine: (...words) =>
      [program, ...[...words, ...(isTold ? ['--url', connector.url] : [])].map(quote)].join(' '),
  };
}

function set(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** A word that a shell takes as it is. */
function quote(word: string): string {
  return /^[\w./:@,+=-]+$/.test(word) ? word : `'${printable(word).replaceAll("'", `'\\''`)}'`;
}

/** JSON that is safe on a terminal too: JSON itself lets control characters above 0x7e through. */
function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
