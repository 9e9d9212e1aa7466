import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { noteHealth } from '../../../src/lib/health/note-health.ts';
import { isFine, verdictOf } from '../../../src/lib/health/problem-codes.ts';
import { withLogTarget } from '../../../src/lib/log.ts';
import { callTool } from '../../../src/lib/mcp/call-tool.ts';
import { TOOLS } from '../../../src/lib/mcp/tools.ts';
import { answerOf, CASES, healthOf, type Case } from '../../support/stands.ts';

// Each state as agents, alarms and the workbook are told of it; the page and the command line have the same table in tests of their own.

const shown = vi.hoisted((): { answer: unknown } => ({ answer: undefined }));
vi.mock('../../../src/lib/actions/view-connector.ts', () => ({ viewConnector: () => Promise.resolve(shown.answer) }));

const INFRA = join(import.meta.dirname, '../../../infra');

/** The line of the log that a tick leaves. */
function lineOf(each: Case): Record<string, unknown> {
  const lines: string[] = [];
  const keep = (line: string): void => void lines.push(line);
  withLogTarget({ info: keep, warn: keep, error: keep }, () => noteHealth(healthOf(each), true));
  return JSON.parse(lines[0] ?? '') as Record<string, unknown>;
}

/** What both queries make of a field: `late:edr-events poison:all`, cut at the blanks and at the colon. */
function codesIn(field: unknown): string[] {
  return String(field)
    .split(' ')
    .filter((part) => part !== '')
    .map((part) => part.split(':')[0] ?? '');
}

describe('each state', () => {
  test.each(CASES)('$name, in the log line that alarms and the workbook read', (each) => {
    const { verdict, problems } = healthOf(each);
    const line = lineOf(each);
    expect(line).toMatchObject({ event: 'HealthJudged', verdict, ok: isFine(verdict) });
    const distinct = (codes: readonly string[]): string[] => [...new Set(codes)];
    expect(distinct(codesIn(line.codes))).toEqual(distinct(each.codes));
    for (const wanted of ['down', 'attention'] as const) {
      const codes = problems.filter((problem) => verdictOf(problem) === wanted).map(({ code }) => code);
      expect(distinct(codesIn(line[wanted]))).toEqual(distinct(codes));
    }
  });

  test.each(CASES)('$name, as the tool for agents tells it', async (each) => {
    shown.answer = answerOf(each);
    const tool = TOOLS.find(({ name }) => name === 'qualys_connector_status')!;
    const { result } = (await callTool(tool, { input: { arguments: {} }, metadata: {}, isSignIn: false })) as {
      result: unknown;
    };
    expect(result).toMatchObject({
      verdict: each.verdict,
      problems: each.codes.map((code) => ({ code })),
    });
  });
});

test('alarms and the workbook read that line, cut in that way', () => {
  for (const path of ['alerts/judged.kql', 'sentinel/workbook/queries/health-verdict.kql']) {
    const query = readFileSync(join(INFRA, path), 'utf8');
    expect(query).toContain('HealthJudged');
    expect(query).toContain('" ")');
    expect(query).toContain('":")');
  }
});
