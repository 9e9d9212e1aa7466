import { parseArgs, type ParseArgsConfig } from 'node:util';
import { UsageError } from './usage-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/**
 * Reads the options of a program.
 * @throws UsageError naming the option, what was given and what is allowed.
 */
export function readOptions<const T extends Options>(
  options: T,
  args: readonly string[] = process.argv.slice(2),
): ReturnType<typeof parseArgs<{ options: T }>>['values'] {
  const config = { args: [...args], options };
  const { tokens } = parseArgs({ ...config, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') throw new UsageError(`${token.value} is no option: ${allowedIn(options)}`);
    if (token.kind === 'option') checkOption(token, options);
  }
  return parseArgs<{ options: T }>(config).values;
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken, options: Options): void {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) throw new UsageError(`${rawName} is no option: ${allowedIn(options)}`);
  if (option.type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value, given ${JSON.stringify(value)}`);
  } else if (value === undefined || (inlineValue !== true && value.startsWith('-'))) {
    throw new UsageError(`${rawName} must have a value (${rawName}=-… where it begins with a dash)`);
  }
}

function allowedIn(options: Options): string {
  return `allowed are ${Object.keys(options)
    .map((name) => `--${name}`)
    .join(', ')}`;
}

/** What a number may be. */
export interface WholeNumber {
  readonly min: number;
  readonly max: number;
  /** Where nothing is given; a blank text counts as nothing. */
  readonly fallback: number;
}

export const PORT: Pick<WholeNumber, 'min' | 'max'> = { min: 0, max: 65_535 };

/**
 * Reads the value of an option or a variable as a whole number.
 * @throws UsageError naming it, what was given and what is allowed.
 */
export function wholeNumber(name: string, text: string | undefined, { min, max, fallback }: WholeNumber): number {
  if (text === undefined || text.trim() === '') return fallback;
  const number = /^-?\d{1,15}$/.test(text.trim()) ? Number(text) : NaN;
  if (number >= min && number <= max) return number;
  throw new UsageError(`${name} must be a whole number from ${min} to ${max}, given ${JSON.stringify(text)}`);
}
