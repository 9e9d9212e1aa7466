import { InvalidArgumentError, Option } from 'commander';

/** The option of routes that list or act on so many at most. */
export function limitOption(): Option {
  return new Option('--limit <number>', 'at most so many, from 1 to 1000').argParser(parseLimit).default('100');
}

function parseLimit(text: string): string {
  if (/^([1-9]\d{0,2}|1000)$/.test(text)) return text;
  throw new InvalidArgumentError('It must be a whole number from 1 to 1000.');
}
