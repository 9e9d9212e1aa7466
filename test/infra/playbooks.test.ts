import { describe, expect, test } from 'vitest';
import { buildPlaybooks, MOST_COMMENT, MOST_SUBJECTS } from '../../infra/logic-apps/playbooks.ts';
import type { EnrichAnswer } from '../../src/lib/enrich/enrich-answer.ts';
import { enrichQuery } from '../../src/lib/http/enrich-query.ts';
import { enrichAnswer } from '../../src/lib/enrich/enrich-answer.ts';
import { runWorkflow, type Outside, type WorkflowAction } from '../support/run-workflow.ts';

type Definition = Parameters<typeof runWorkflow>[0];
const playbooks = buildPlaybooks() as unknown as Readonly<Record<string, Definition>>;
const SHA = 'AB'.repeat(32);
const HOST = { kind: 'Host', properties: { hostName: 'ws-01', dnsDomain: 'lab.example' } };
const HASH = { kind: 'FileHash', properties: { hashValue: SHA, algorithm: 'SHA256' } };
const ACCOUNT = { kind: 'Account', properties: { accountName: 'ada' } };

const ANSWER: EnrichAnswer = {
  ok: false,
  subject: { kind: 'host', value: 'ws-01' },
  from: '2026-04-28T12:00:00.000Z',
  to: '2026-05-01T12:00:00.000Z',
  searched: [{ source: 'log-analytics', what: 'QualysEdrEvents_CL by HostName' }],
  notSearched: [{ source: 'qualys', what: 'events by host', reason: 'Qualys documents no query token for it' }],
  events: { source: 'log-analytics', total: 43, truncated: false, list: [] },
  summary: {
    ...{
      source: 'log-analytics',
      events: 43,
      truncated: false,
      byTypeAndAction: [],
      highestScore: 9,
      severity: 'High',
    },
    ...{ verdict: 'MALICIOUS', families: ['Sample'], threats: [], firstSeen: null, lastSeen: null },
    ...{ hosts: ['ws-01.lab.example'], users: ['<img src=x>', '[click](https://evil.example)'] },
  },
  vulnerabilities: {
    ...{ source: 'log-analytics', open: 11, hosts: 1, lastReport: '2026-05-01T08:00:00.000Z', truncated: true },
    bySeverity: [{ severity: 5, count: 2 }],
    worst: [
      {
        ...{
          qid: '91345',
          title: 'A hole in the wall',
          cves: ['CVE-2026-0001'],
          severity: 5,
          qds: 95,
          type: 'Confirmed',
        },
        ...{ status: 'Active', host: 'ws-01', port: 445, protocol: 'tcp', firstFound: '2026-03-01T00:00:00.000Z' },
        ...{ lastFound: null, link: null },
      },
    ],
  },
  knowledgeBase: null,
  vulnerableHosts: null,
  links: [],
  errors: [{ source: 'log-analytics', part: 'vulnerabilities', message: 'titles could not be read' }],
};
const BARE: EnrichAnswer = {
  ...ANSWER,
  ok: true,
  events: null,
  summary: null,
  vulnerabilities: null,
  notSearched: [],
  errors: [],
};

/** Runs a playbook on an incident. @returns the comment and the addresses that were asked. */
async function run(
  name: string,
  relatedEntities: readonly unknown[] | null,
  answer: (url: URL) => Awaited<ReturnType<Outside>> = () => ({ statusCode: 200, body: ANSWER }),
  key: Awaited<ReturnType<Outside>> = { statusCode: 200, body: { value: 'the-key' } },
): Promise<{ comment: string; asked: string[]; status: Readonly<Record<string, string>> }> {
  const asked: string[] = [];
  let comment = '';
  const outside: Outside = (type, inputs) => {
    if (type === 'Http') {
      const { uri, headers } = inputs as { uri: string; headers?: Record<string, string> };
      if (uri.startsWith('https://vault.example/')) return Promise.resolve(key);
      expect(headers).toEqual({ 'x-functions-key': 'the-key' });
      asked.push(uri);
      return Promise.resolve(answer(new URL(uri)));
    }
    const { body, path } = inputs as { body: { incidentArmId: string; message: string }; path: string };
    expect([path, body.incidentArmId]).toEqual(['/Incidents/Comment', '/incidents/1']);
    comment = body.message;
    return Promise.resolve({ statusCode: 200, body: {} });
  };
  const properties = relatedEntities === null ? {} : { relatedEntities };
  const status = await runWorkflow(playbooks[name]!, {
    trigger: { object: { id: '/incidents/1', properties } },
    parameters: {
      appUrl: 'https://app.example',
      functionKeySecretUri: 'https://vault.example/secrets/key',
      keyVaultAudience: 'https://vault.example',
      $connections: { azuresentinel: { connectionId: '/connections/1' } },
    },
    outside,
  });
  return { comment, asked, status };
}

describe('the answers that the tests give', () => {
  test.for([ANSWER, BARE])('are those of the route', (answer) => {
    expect(enrichAnswer.parse(answer)).toEqual(answer);
  });
});

describe('enriching an incident', () => {
  test('asks for each host and hash once, in the words of the route', async () => {
    const { asked } = await run('enrich-incident', [HOST, HASH, ACCOUNT, HOST, HASH]);
    expect(asked).toEqual([
      'https://app.example/api/enrich?host=ws-01.lab.example',
      `https://app.example/api/enrich?sha256=${SHA.toLowerCase()}`,
    ]);
    for (const each of asked)
      expect(enrichQuery.safeParse(Object.fromEntries(new URL(each).searchParams)).success).toBe(true);
  });

  test('says what is known, what was not searched and what failed', async () => {
    const { comment } = await run('enrich-incident', [HOST]);
    for (const part of [
      'host ws-01.lab.example<br>- 43 events that Qualys processed from 2026-04-28T12:00:00.000Z to',
      '; highest score 9; verdict MALICIOUS<br>- families: Sample<br>- hosts: ws-01.lab.example',
      '- 11 open vulnerabilities on 1 host(s), last report 2026-05-01T08:00:00.000Z; 2 of severity 5',
      '-- QID 91345 A hole in the wall: severity 5, QDS 95, Active, port 445, found first 2026-03-01T00:00:00.000Z, CVE-2026-0001',
      '- not searched: events by host (Qualys documents no query token for it)',
      '- failed: vulnerabilities from log-analytics: titles could not be read',
    ])
      expect(comment).toContain(part);
  });

  test('lets no markup of names into the comment', async () => {
    const { comment } = await run('enrich-incident', [HOST]);
    expect(comment).toContain('users: ‹img src=x>, (click](https://evil.example)');
    expect(comment.replace(/^<p>|<\/p>$|<br>/g, '')).not.toMatch(/<|\[/);
  });

  test('asks for what names a host in another way, and passes by what is none', async () => {
    const net = { kind: 'Host', properties: { netBiosName: 'WS-02' } };
    const full = { kind: 'Host', properties: { hostName: 'ws-03.lab.example', dnsDomain: 'lab.example' } };
    const { asked } = await run('enrich-incident', [
      net,
      full,
      { kind: 'Host', properties: {} },
      { kind: 'FileHash', properties: { hashValue: 'ab' } },
    ]);
    expect(asked.map((each) => new URL(each).search)).toEqual(['?host=WS-02', '?host=ws-03.lab.example']);
  });

  test.for([[[]], [null], [[ACCOUNT]]])('says that there was nothing to look up: %j', async ([entities]) => {
    const { comment, asked } = await run('enrich-incident', entities ?? null);
    expect(asked).toEqual([]);
    expect(comment).toContain('The incident names no host, SHA-256 or MD5: nothing was looked up.');
  });

  test.for([
    [
      'a refusal',
      { statusCode: 503, body: { status: 503, detail: 'LOGS_QUERY_WORKSPACE_ID must be set', errors: ['a'] } },
      'HTTP 503 {"status":503,"detail":"LOGS_QUERY',
    ],
    ['an empty refusal of the key', { statusCode: 401, body: null }, 'HTTP 401 '],
    ['a page of a proxy', { statusCode: 502, body: '<html>' }, 'HTTP 502 ‹html>'],
    ['no answer', undefined, 'HTTP (no answer)'],
  ] as const)('tells %s, and goes on with the next', async ([, refusal, told]) => {
    const { comment, asked, status } = await run('enrich-incident', [HOST, HASH], (url) =>
      url.searchParams.has('host') ? refusal : { statusCode: 200, body: BARE },
    );
    expect(asked).toHaveLength(2);
    expect(comment).toContain(`- could not be looked up: ${told}`);
    expect(comment).toContain('- events could not be read');
    expect(status.Add_comment).toBe('Succeeded');
  });

  test('says that it could not read its key', async () => {
    const { comment, asked } = await run('enrich-incident', [HOST], undefined, { statusCode: 403, body: {} });
    expect(asked).toEqual([]);
    expect(comment).toMatch(
      /of this incident<br><br>The function key could not be read from Key Vault: its run history tells more\./,
    );
  });

  test('looks up so many at most and says how many were left', async () => {
    const many = Array.from({ length: MOST_SUBJECTS + 3 }, (_, index) => ({
      kind: 'Host',
      properties: { hostName: `h${index}` },
    }));
    const { comment, asked } = await run('enrich-incident', many);
    expect(asked).toHaveLength(MOST_SUBJECTS);
    expect(comment).toMatch(/of this incident<br><br>3 more were not looked up: 20 are at most\.<br><br>host h0/);
  });

  test('stays within the length of a comment, and says that it was cut', async () => {
    const title = 'x'.repeat(40_000);
    const worst = ANSWER.vulnerabilities!.worst.map((each) => ({ ...each, title }));
    const body = { ...ANSWER, vulnerabilities: { ...ANSWER.vulnerabilities!, worst } };
    const { comment } = await run('enrich-incident', [HOST], () => ({ statusCode: 200, body }));
    expect(comment.length).toBeLessThanOrEqual(MOST_COMMENT);
    expect(comment).toMatch(/… cut here: a comment holds 30000 characters\.<\/p>$/);
  });
});

describe('the vulnerabilities of a host', () => {
  test('are told without events, and hashes are not asked for', async () => {
    const { comment, asked } = await run('host-vulnerabilities', [HOST, HASH]);
    expect(asked).toEqual(['https://app.example/api/enrich?host=ws-01.lab.example']);
    expect(comment).toContain('host ws-01.lab.example<br>- 11 open vulnerabilities');
    expect(comment).not.toContain('43 events');
  });

  test('of a host that no report names are not "none"', async () => {
    const vulnerabilities = {
      ...ANSWER.vulnerabilities!,
      hosts: 0,
      open: 0,
      lastReport: null,
      bySeverity: [],
      worst: [],
    };
    const { comment } = await run('host-vulnerabilities', [HOST], () => ({
      statusCode: 200,
      body: { ...ANSWER, vulnerabilities },
    }));
    expect(comment).toContain('no report of the last 30 days names this host');
    expect(comment).not.toContain('0 open');
  });

  test('that could not be read are told so', async () => {
    const { comment } = await run('host-vulnerabilities', [HOST], () => ({ statusCode: 200, body: BARE }));
    expect(comment).toContain('- open vulnerabilities could not be read');
  });
});

describe.each(Object.entries(playbooks))('the workflow %s', (_, definition) => {
  const all = (actions: Readonly<Record<string, WorkflowAction>>): WorkflowAction[] =>
    Object.values(actions).flatMap((action) => [
      action,
      ...all(action.actions ?? {}),
      ...all(action.else?.actions ?? {}),
    ]);

  test('comments whatever happened before, also where an action failed', () => {
    expect(definition.actions.Message?.runAfter).toEqual({ For_each: ['Succeeded', 'Failed', 'TimedOut', 'Skipped'] });
  });

  test('keeps the key out of the run history', () => {
    const calls = all(definition.actions).filter(({ type }) => type === 'Http');
    expect(calls.map(({ runtimeConfiguration }) => runtimeConfiguration)).toEqual([
      { secureData: { properties: ['outputs'] } },
      { secureData: { properties: ['inputs'] } },
    ]);
  });
});
