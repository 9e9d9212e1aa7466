import { describe, expect, test } from 'vitest';
import { createCatchUpView, type StreamProgress } from '../../dev/catch-up-progress.ts';
import { writeStartScreen, type Started } from '../../dev/start-screen.ts';

const LOCAL: Started = {
  version: '1.0.0',
  appUrl: 'http://127.0.0.1:7071',
  qualys: { url: 'http://127.0.0.1:1', sizes: { eventCount: 5000, hostCount: 500 } },
  storageDir: '/x/.local/azurite',
  ingestion: { url: 'http://127.0.0.1:2', dir: '/x/.local/tables' },
};

describe('the screen at the end of a start', () => {
  test('fits a screen, and says where things are', () => {
    const screen = writeStartScreen(LOCAL);
    expect(screen.split('\n').length).toBeLessThanOrEqual(24);
    for (const part of [
      'http://127.0.0.1:7071/api/dashboard',
      '/x/.local/tables',
      'http://127.0.0.1:1',
      '5,000 events',
    ])
      expect(screen).toContain(part);
    expect(screen.match(/^ {2}(?:npm run|curl) /gm)).toHaveLength(5);
    expect(screen).not.toContain('CONNECTOR_URL');
  });

  test('names what the settings point elsewhere, and the address where it is not the usual one', () => {
    const screen = writeStartScreen({
      ...LOCAL,
      appUrl: 'http://127.0.0.1:7391',
      qualys: { url: 'https://qualysapi.qg2.apps.qualys.com', sizes: undefined },
      storageDir: undefined,
      ingestion: { url: 'https://dce.ingest.monitor.azure.com', dir: undefined },
    });
    expect(screen).toContain('https://qualysapi.qg2.apps.qualys.com  (QUALYS_API_URL)');
    expect(screen).toContain('AzureWebJobsStorage');
    expect(screen).toContain('in your workspace');
    expect(screen).toContain('export CONNECTOR_URL=http://127.0.0.1:7391');
    expect(screen).not.toContain('simulator');
  });
});

describe('the progress of --once', () => {
  const streams = (finished: number): StreamProgress[] => [
    { name: 'a', finished, windows: 96, rows: 50 * finished },
    { name: 'b', finished: 0, windows: 4, rows: 0 },
  ];

  function written(isTTY: boolean, looks: readonly (readonly [atMs: number, streams: readonly StreamProgress[]])[]) {
    const texts: string[] = [];
    let now = 0;
    const view = createCatchUpView({ isTTY, columns: 60, write: (text) => texts.push(text) }, () => now);
    for (const [atMs, each] of looks) {
      now = atMs;
      view.show(each);
    }
    view.close();
    return texts;
  }

  test('is a line now and then where there is no terminal', () => {
    expect(
      written(false, [
        [1000, []],
        [5000, []],
        [6000, streams(1)],
        [10_000, streams(20)],
        [20_000, streams(96)],
      ]),
    ).toEqual([
      '5s  planning …\n',
      '20%  1,000 rows  about 40s left  a 20/96 windows  b 0/4 windows\n',
      '96%  4,800 rows  about 1s left  a 96/96 windows  b 0/4 windows\n',
    ]);
  });

  test('is one line of a terminal, no longer than that, which is gone at the end', () => {
    expect(
      written(true, [
        [100, []],
        [3000, streams(20)],
      ]),
    ).toEqual([
      '\r\u001b[2K0s  planning …',
      '\r\u001b[2K20%  1,000 rows  about 12s left  a 20/96 windows  b 0/4 win',
      '\r\u001b[2K',
    ]);
  });

  test('does not say how long it takes before there is a pace', () => {
    expect(written(true, [[3000, streams(0)]])[0]).toBe('\r\u001b[2K0%  0 rows  a 0/96 windows  b 0/4 windows');
  });
});
