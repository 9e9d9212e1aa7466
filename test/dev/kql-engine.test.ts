import { expect, test } from 'vitest';
import { startEngine } from '../../dev/kql/engine.ts';

/* Programs that stand for Python, to be killed or to hang where it would by chance only. */
const SILENT = 'setInterval(() => {}, 1000)';
const KILLED_WHEN_FILLED = `
  require('node:readline').createInterface(process.stdin).once('line', () => {
    console.log('{}');
    process.stdin.on('data', () => process.kill(process.pid, 'SIGKILL'));
  });`;
const ENDED = 'the engine has ended';

test('an engine that is killed while it is filled fails those who ask, and nobody else', async () => {
  const engine = startEngine([process.execPath, '-e', KILLED_WHEN_FILLED]);
  await expect(engine.fill({ Table: [{ Text: 'x'.repeat(8_000_000) }] })).rejects.toThrow(ENDED);
  await expect(engine.fill({})).rejects.toThrow(ENDED);
});

test('an engine that cannot be started fails those who ask', async () => {
  await expect(startEngine(['/nowhere/python']).fill({})).rejects.toThrow(ENDED);
});

test('an engine that hangs at its start can be closed', async () => {
  const engine = startEngine([process.execPath, '-e', SILENT]);
  const filled = engine.fill({});
  engine.close();
  await expect(filled).rejects.toThrow(ENDED);
});
