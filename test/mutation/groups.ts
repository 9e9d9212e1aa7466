/** Files that are mutated together, and the test files that are to kill the mutants. */
export interface Group {
  readonly name: string;
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
  /** Whether windows are kept in memory instead of tables: such tests take half the time, and none of their mutants is a table's. */
  readonly isInMemory?: true;
}

/** What decides over records, in the order of `npm run test:mutation`. */
export const GROUPS: readonly Group[] = [
  { name: 'health', mutate: ['src/lib/health/*.ts'], tests: ['test/lib/health/*.test.ts'] },
  {
    name: 'pipeline',
    isInMemory: true,
    // Answers are declared for the API's document: nothing decides there.
    mutate: ['src/lib/pipeline/*.ts', '!src/lib/pipeline/{limit-view,*-answer}.ts'],
    tests: [
      'test/lib/pipeline/*.test.ts',
      'test/lib/cost/daily-limit.test.ts',
      'test/lib/streams/vm-detections/changed-hosts.test.ts',
    ],
  },
  {
    name: 'tables',
    mutate: ['src/lib/azure/table-*.ts', '!src/lib/azure/table-limiter.ts'],
    tests: [
      'test/lib/azure/{table-*,prune-windows,newest-row}.test.ts',
      'test/lib/alerts/*.test.ts',
      'test/lib/cost/sent.test.ts',
      'test/lib/pipeline/{find-start,start-over,backfill,operate-window}.test.ts',
      'test/lib/streams/vm-detections/changed-hosts.test.ts',
      'test/functions/windows.test.ts',
    ],
  },
  {
    name: 'limits',
    mutate: [
      'src/lib/azure/{table-limiter,shared-limits,limiter-options,view-limits}.ts',
      'src/lib/azure/{permit,limit}-*.ts',
      'src/lib/qualys/call/read-limit-headers.ts',
    ],
    tests: [
      'test/lib/azure/{table-limiter,limit-state,permit-line,permit-pool,view-limits,route-breaker,outage,account-breaker,storage-clock}.test.ts',
      'test/lib/qualys/call/read-limit-headers.test.ts',
    ],
  },
  {
    name: 'streams',
    isInMemory: true,
    mutate: [
      'src/lib/streams/{read-judged,read-page-chain,read-id-pages,id-cursor,follow-chain,page-book,held-chunks}.ts',
      'src/lib/streams/*/read-*.ts',
    ],
    tests: [
      'test/lib/streams/*.test.ts',
      'test/lib/streams/*/{read-window,read-page,stored-reads,lying-vendor,look-back,split-window,page-depth,id-list,decode-paging,decode-incidents,decode-page}.test.ts',
    ],
  },
];
