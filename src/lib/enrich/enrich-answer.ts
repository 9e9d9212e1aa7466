import * as z from 'zod';
import { SUBJECTS } from './enrich-query.ts';

/** Most events in an answer; newest first. */
export const MAX_EVENTS = 50;
/** Most names in a list of the summary. */
export const MAX_NAMES = 100;
/** Most vulnerabilities listed. */
export const MAX_WORST = 10;

const time = z.iso.datetime();
const source = z
  .enum(['qualys', 'log-analytics'])
  .describe('Where it was read: live from Qualys, or from the ingested tables.');
const names = z.array(z.string());

/** An event as playbooks and agents see it: what the record does not tell is absent. */
export const enrichEvent = z
  .object({
    eventId: z.string(),
    time: time.describe('When it happened on the asset.'),
    processedTime: time.describe('When Qualys processed it.'),
    type: z.string().describe('FILE, PROCESS, NETWORK, REGISTRY, MUTEX or a newer type.'),
    action: z.string(),
    score: z.int().describe('0 to 10.'),
    severity: z.string(),
    verdicts: names,
    families: names,
    threats: names,
    hostName: z.string(),
    netBiosName: z.string(),
    agentId: z.string(),
    user: z.string(),
    processName: z.string().describe('The process that acted, or that the event is about.'),
    processPath: z.string(),
    processArguments: z.string(),
    filePath: z.string(),
    sha256: z.string().describe('Of the file, else of the image of the process.'),
    md5: z.string(),
    localIp: z.string(),
    remoteIp: z.string(),
    remotePort: z.int(),
    remoteDomain: z.string(),
    registryPath: z.string(),
    mutexName: z.string(),
  })
  .partial()
  .required({ eventId: true });

const counted = z.object({ type: z.string(), action: z.string(), count: z.int() });

/** What the matching events have in common. */
export const enrichSummary = z.object({
  source,
  events: z.int().describe('Events that the summary is made from; distinct ones.'),
  truncated: z.boolean().describe('True when more events match than it is made from, or a list of names was cut.'),
  byTypeAndAction: z.array(counted).describe('Most frequent first.'),
  highestScore: z.int().nullable(),
  severity: z.string().nullable().describe('Of the highest score, by EDR_SEVERITY_TABLE.'),
  verdict: z
    .string()
    .nullable()
    .describe('The worst of all: MALICIOUS, SUSPICIOUS, REMEDIATED, UNKNOWN, KNOWN; else any other.'),
  families: names,
  threats: names,
  firstSeen: time.nullable(),
  lastSeen: time.nullable(),
  hosts: names.describe('Hosts on which it was seen.'),
  users: names.describe('Users with whom it was seen.'),
});

const vulnerability = z.object({
  qid: z.string(),
  severity: z.int().nullable().describe("The vendor's severity, 1 to 5."),
  qds: z.int().nullable().describe('Qualys Detection Score, 1 to 100, where the feed carries it.'),
  type: z.string().nullable().describe('Confirmed or Potential.'),
  status: z.string().nullable(),
  host: z.string().nullable(),
  port: z.int().nullable(),
  protocol: z.string().nullable(),
  firstFound: time.nullable(),
  lastFound: time.nullable(),
  link: z.url().nullable().describe('The vulnerability in the Qualys console; null on private platforms.'),
});

/** Open vulnerabilities of the hosts that the subject names. */
export const enrichVulnerabilities = z.object({
  source,
  open: z.int(),
  hosts: z.int().describe('Hosts that were found, with or without open vulnerabilities.'),
  lastReport: time.nullable().describe('When the newest report of these hosts was ingested.'),
  bySeverity: z.array(z.object({ severity: z.int(), count: z.int() })).describe('Highest first.'),
  truncated: z.boolean().describe(`True when more are open than the worst ${MAX_WORST} that are listed.`),
  worst: z.array(vulnerability).describe('By QDS, and by severity where there is none.'),
});

/** A part that is missing, and why. */
export const enrichError = z.object({
  source,
  part: z.enum(['events', 'summary', 'vulnerabilities']),
  message: z.string(),
  retryAfterSeconds: z.int().optional(),
});

/** The answer of an enrichment: what was found, where, and what is missing. */
export const enrichAnswer = z.object({
  ok: z.boolean().describe('False when something is missing; `errors` says what and why.'),
  subject: z.object({ kind: z.enum(SUBJECTS), value: z.string() }),
  from: time.describe('Events that Qualys processed from then on count.'),
  to: time,
  events: z
    .object({
      source,
      total: z.int().nullable().describe('Matching events; null when that could not be counted.'),
      truncated: z.boolean().describe('True when more events match than are listed.'),
      list: z.array(enrichEvent).describe(`Newest first, ${MAX_EVENTS} at most.`),
    })
    .nullable(),
  summary: enrichSummary.nullable(),
  vulnerabilities: enrichVulnerabilities
    .nullable()
    .describe('For a host or agent; null for other subjects and when they could not be read.'),
  links: z.array(z.object({ title: z.string(), url: z.url() })).describe('Into the Qualys console.'),
  errors: z.array(enrichError),
});

/** An event in an answer. */
export type EnrichEvent = z.output<typeof enrichEvent>;
/** What the events have in common. */
export type EnrichSummary = z.output<typeof enrichSummary>;
/** Open vulnerabilities. */
export type EnrichVulnerabilities = z.output<typeof enrichVulnerabilities>;
/** A part that is missing. */
export type EnrichError = z.output<typeof enrichError>;
/** The whole answer. */
export type EnrichAnswer = z.output<typeof enrichAnswer>;
