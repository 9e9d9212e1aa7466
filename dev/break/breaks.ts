import type { Ingestion } from '../ingestion/start-ingestion.ts';
import type { Simulator } from '../simulator/start-simulator.ts';

/** What can be broken. */
export interface Breakable {
  readonly simulator: Pick<Simulator, 'configure' | 'expireTokens' | 'setFaults' | 'clock'>;
  readonly ingestion: Pick<Ingestion, 'setFaults'>;
}

/** One thing that goes wrong. */
export interface Break {
  /** What has happened, as it is told to the one who did it. */
  readonly told: string;
  readonly run: (target: Breakable) => void;
}

/** The account and the limits that the local simulator starts with. */
export const USUAL = {
  username: 'qualys-reader',
  password: 'simulated-password',
  // The first catch-up alone needs a standard subscription's whole hour: a premium one shows the product, not the wait.
  rateLimit: 2000,
  rateWindowSeconds: 3600,
} as const;

const OUTAGE_MS = 5 * 60_000;
const EVENTS = '^POST /ioc/events\\b|^GET /ioc/events\\?';

/** What goes wrong with Qualys, and with Azure, by the word that `npm run break` takes. */
export const BREAKS: Readonly<Record<string, Break>> = {
  password: {
    told: 'The password of the account is another one now, and no token holds.',
    run: ({ simulator }) => {
      simulator.configure({ password: 'changed-at-qualys' });
      simulator.expireTokens();
    },
  },
  outage: {
    told: 'Qualys answers every call with 503, for five minutes.',
    run: ({ simulator }) => {
      const to = new Date(simulator.clock.now() + OUTAGE_MS).toISOString();
      simulator.setFaults({ kind: 'status', status: 503, to });
    },
  },
  count: {
    told: 'Qualys counts five events more than it gives.',
    run: ({ simulator }) => simulator.setFaults({ kind: 'wrong-count', delta: 5, count: 'always' }),
  },
  page: {
    told: 'The next three pages of events end in the middle of their JSON.',
    run: ({ simulator }) => simulator.setFaults({ kind: 'truncate', route: EVENTS, count: 3 }),
  },
  budget: {
    told: 'Qualys allows five calls in two minutes, and they are used up.',
    run: ({ simulator }) => simulator.configure({ rateLimit: 5, rateWindowSeconds: 120 }),
  },
  row: {
    told: 'Azure refuses each row of the hosts ws-100 to ws-104.',
    run: ({ ingestion }) =>
      ingestion.setFaults({ kind: 'refuse-rows', pattern: '"HostName":"ws-10[0-4]\\b', count: 'always' }),
  },
  heal: {
    told: 'All is as it was.',
    run: ({ simulator, ingestion }) => {
      simulator.configure(USUAL);
      simulator.setFaults();
      ingestion.setFaults();
    },
  },
};
