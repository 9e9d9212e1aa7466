/** Asks at the terminal. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** An answer that may be seen; an empty one is an answer too. */
export async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await terminal.question(`${question} `)).trim();
  } finally {
    terminal.close();
  }
}

/** An answer of which nothing is shown. */
export async function askUnseen(question: string): Promise<string> {
  process.stderr.write(`${question} `);
  const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silence, terminal: true });
  try {
    return await terminal.question('');
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}
