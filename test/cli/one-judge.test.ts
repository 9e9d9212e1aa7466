import { describe, expect, test } from 'vitest';
import { createConnector } from '../../cli/connector.ts';
import { showStatus } from '../../cli/show-status.ts';
import { readStatus } from '../../cli/read-status.ts';
import type { Session } from '../../cli/session.ts';
import { VERDICTS } from '../../src/lib/health/problem-codes.ts';
import { serveHttp } from '../support/http-server.ts';
import { runCli } from '../support/run-cli.ts';
import { answerOf, CASES, type Case } from '../support/stands.ts';

const reply = (each: Case) => JSON.stringify(answerOf(each));

/** What the command prints of a status, without starting a process. */
function print(status: Awaited<ReturnType<typeof readStatus>>, url: string): string {
  const lines: string[] = [];
  const session: Session = {
    connector: createConnector({ url, login: {}, timeoutMs: 60_000, onSlow: () => undefined }),
    isJson: false,
    print: (line = '') => void lines.push(line),
    printJson: () => undefined,
    note: () => undefined,
    color: (_format, text) => text,
    commandLine: () => '',
  };
  showStatus(status, session);
  return lines.join('\n');
}

describe('the command tells what the connector judges:', () => {
  test.each(CASES)('$name', async (each) => {
    const server = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(reply(each));
    });
    const options = { url: server.url, login: {}, timeoutMs: 60_000, onSlow: () => undefined };
    const shown = print(await readStatus(createConnector(options)), server.url);
    const { headline, verdict, problems } = answerOf(each);
    expect(shown).toContain(`${headline} (${verdict})`);
    for (const { code, text, act, docs } of problems) {
      expect(shown).toContain(`${code}: ${text}`);
      expect(shown).toContain(`${act} ${docs}`);
    }
    const order = problems.map(({ code, text }) => shown.indexOf(`${code}: ${text}`));
    expect(order).toEqual([...order].sort((left, right) => left - right));
  });

  test.each(VERDICTS)('%s has its exit code', async (verdict) => {
    const each = CASES.find((one) => one.verdict === verdict);
    if (each === undefined) throw new Error(`no case is ${verdict}`);
    const server = await serveHttp((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(reply(each));
    });
    const { code, out } = await runCli(['status'], { env: { CONNECTOR_URL: server.url } });
    expect(out).toContain(answerOf(each).headline);
    expect(code).toBe(verdict === 'attention' || verdict === 'down' ? 1 : 0);
  });
});

test('--watch tells a change once, goes on where the connector is away, and ends with the signal', async () => {
  const [calm, bad] = [CASES[0], CASES.find(({ codes }) => codes.includes('account-refused'))];
  if (calm === undefined || bad === undefined) throw new Error('there are such cases');
  const server = await serveHttp((_request, response, count) => {
    if (count === 2) return void response.destroy();
    response.writeHead(200, { 'content-type': 'application/json' }).end(reply(count < 4 ? calm : bad));
  });
  const { code, out, err } = await runCli(['status', '--watch', '--interval', '1s'], {
    env: { CONNECTOR_URL: server.url },
    signalWhen: (printed) => (printed.includes('account-refused') ? 'SIGINT' : undefined),
  });
  expect(out.match(/^Everything that is due is ingested \(ok\)$/gm)).toHaveLength(1);
  expect(out.match(/^Ingestion stands still \(down\)$/gm)).toHaveLength(1);
  expect(err).toContain('Trying again …');
  expect(code).toBe(130);
});
