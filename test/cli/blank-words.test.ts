import { expect, test } from 'vitest';
import { runCli } from '../support/run-cli.ts';

test.for([
  [['rows', 'edr-events', '--hash', ''], '--hash'],
  [['backfills', 'wait', ' '], 'id'],
  [['retry', '--stream', 'edr-events', 'a-key', ''], 'windows'],
  [['forget', '--stream', '', '', '--url', ''], '--stream, --url, ids'],
  [['--key', '', 'status'], '--key'],
] as const)('%j is refused, because a blank word would make it another command', async ([args, blank]) => {
  const { code, err, out } = await runCli([...args]);
  expect({ code, err, out }).toEqual({ code: 2, err: `error: ${blank} must not be empty\n`, out: '' });
});

test('a blank variable counts as unset', async () => {
  const env = { CONNECTOR_URL: 'http://127.0.0.1:9', CONNECTOR_KEY: '', CONNECTOR_TOKEN: '' };
  expect(await runCli(['status'], { env })).toMatchObject({
    code: 3,
    err: expect.stringContaining('cannot reach') as string,
  });
});
