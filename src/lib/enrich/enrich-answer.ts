/**
 * The answer of an enrichment, declared once. The OpenAPI document alone loads the schemas; all others import types.
 */
import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';
import { MAX_EVENTS, MAX_HOSTS, MAX_NAMES, MAX_QIDS, MAX_WORST } from './limits.ts';
import { SUBJECTS } from './subject.ts';

const source = z
  .enum(['qualys', 'log-analytics'])
  .meta({ id: 'EnrichSource', description: 'Where it was read: live from Qualys, or from the ingested tables.' });
const partSource = z.enum(['qualys', 'log-analytics', 'both']).describe('Where the part comes from.');
const text = (description: string) => z.exactOptional(z.string().describe(description));
const texts = (description: string) => z.exactOptional(z.array(z.string()).describe(description));
const names = (description: string) => z.array(z.string()).describe(`${description}; ${MAX_NAMES} at most.`);
const nullable = (description: string) => z.string().nullable().describe(description);
const timeOrNull = (description: string) => time(description).nullable();

const event = z
  .strictObject({
    eventId: z.string(),
    time: z.exactOptional(time('When it happened on the asset.')),
    processedTime: z.exactOptional(time('When Qualys processed it.')),
    type: text('FILE, PROCESS, NETWORK, REGISTRY, MUTEX or a newer type.'),
    action: text('What happened, e.g. CREATED or RUNNING.'),
    score: z.exactOptional(z.int().describe('0 to 10.')),
    severity: text('Of the score, by EDR_SEVERITY_TABLE.'),
    verdicts: texts('Verdicts of the indicators.'),
    families: texts('Malware families.'),
    threats: texts('Threat names.'),
    hostName: text('Host name of the asset.'),
    netBiosName: text('NetBIOS name of the asset.'),
    agentId: text('Id of the Qualys Cloud Agent.'),
    user: text('User of the event.'),
    processName: text('Process that the event is about, else the one that acted.'),
    processPath: text('Path of its image.'),
    processArguments: text('Its command line; long ones are cut.'),
    filePath: text('Full path of the file.'),
    sha256: text('Of the file, else of the image of the process.'),
    md5: text('Of the file, else of the image of the process.'),
    localIp: text('Local address of a connection.'),
    remoteIp: text('Remote address of a connection.'),
    remotePort: z.exactOptional(z.int().describe('Remote port of a connection.')),
    remoteDomain: text('Remote domain name of a connection.'),
    registryPath: text('Registry key.'),
    mutexName: text('Mutex.'),
  })
  .meta({ id: 'EnrichEvent', description: 'An event; what the record does not tell is absent.' });

const events = z
  .strictObject({
    source: partSource,
    total: count('Matching events in what was searched; null when they could not be counted.').nullable(),
    truncated: z.boolean().describe('True when more events match than are listed.'),
    list: z.array(event).describe(`Newest first, ${MAX_EVENTS} at most.`),
  })
  .meta({ id: 'EnrichEvents' });

const summary = z
  .strictObject({
    source: partSource,
    events: count('Events that the summary is made from.'),
    truncated: z.boolean().describe('True when more events match than it is made from, or a list of names was cut.'),
    byTypeAndAction: z
      .array(z.strictObject({ type: z.string(), action: z.string(), count: count('Events.') }))
      .describe('Most frequent first.'),
    highestScore: z.int().nullable().describe('Highest score; null when no event has one.'),
    severity: nullable('Of the highest score, by EDR_SEVERITY_TABLE.'),
    verdict: nullable('The worst of all: MALICIOUS, SUSPICIOUS, REMEDIATED, UNKNOWN, KNOWN; else any other.'),
    families: names('Malware families'),
    threats: names('Threat names'),
    firstSeen: timeOrNull('When the first of them happened.'),
    lastSeen: timeOrNull('When the last of them happened.'),
    hosts: names('Hosts on which it was seen'),
    users: names('Users with whom it was seen'),
  })
  .meta({ id: 'EnrichSummary', description: 'What the matching events have in common.' });

const vulnerability = z
  .strictObject({
    qid: z.string().describe('Qualys id of the vulnerability.'),
    title: nullable('Null where the stream vm-knowledge-base is not enabled or does not know it.'),
    cves: z.array(z.string()),
    severity: z.int().nullable().describe("The vendor's severity, 1 to 5."),
    qds: z.int().nullable().describe('Qualys Detection Score, 1 to 100, where the feed carries it.'),
    type: nullable('Confirmed or Potential.'),
    status: nullable('New, Active or Re-Opened.'),
    host: nullable('Host that has it.'),
    port: z.int().nullable(),
    protocol: z.string().nullable(),
    firstFound: timeOrNull('When it was found first.'),
    lastFound: timeOrNull('When it was found last.'),
    link: z.url().nullable().describe('In the Qualys console; null on private platforms.'),
  })
  .meta({ id: 'OpenVulnerability' });

const vulnerabilities = z
  .strictObject({
    source,
    open: count('Open vulnerabilities.'),
    hosts: count('Hosts that were found, with or without open vulnerabilities.'),
    lastReport: timeOrNull('When the newest report of these hosts was made.'),
    bySeverity: z
      .array(z.strictObject({ severity: z.int().describe('1 to 5.'), count: count('Open vulnerabilities.') }))
      .describe('Highest first.'),
    truncated: z.boolean().describe(`True when more are open than the worst ${MAX_WORST} that are listed.`),
    worst: z.array(vulnerability).describe('By QDS, and by severity where there is none.'),
  })
  .meta({ id: 'EnrichVulnerabilities', description: 'Open vulnerabilities of the hosts that the subject names.' });

const knowledge = z
  .strictObject({
    source,
    known: z.boolean().describe('False when the KnowledgeBase names no such CVE or QID; that says nothing of hosts.'),
    truncated: z.boolean().describe(`True when more than the ${MAX_QIDS} QIDs that are looked for stand for the CVE.`),
    qids: z
      .array(
        z
          .strictObject({
            qid: z.string().describe('Qualys id of the vulnerability.'),
            title: nullable('Title.'),
            type: nullable('Vulnerability, Potential Vulnerability and so on.'),
            cves: z.array(z.string()),
            severity: z.int().nullable().describe("The vendor's severity, 1 to 5."),
            link: z.url().nullable().describe('In the Qualys console; null on private platforms.'),
          })
          .meta({ id: 'KnownVulnerability' }),
      )
      .describe('QIDs that stand for it.'),
  })
  .meta({ id: 'EnrichKnowledge', description: 'What the ingested KnowledgeBase says of a CVE or QID.' });

const vulnerableHost = z
  .strictObject({
    hostId: z.string().describe('Qualys id of the host.'),
    state: z
      .enum(['open', 'fixed', 'other'])
      .describe(
        'open: in one of its detections at least; fixed: in all; other: ignored, disabled or of another status.',
      ),
    hostName: nullable('DNS name.'),
    netBiosName: nullable('NetBIOS name.'),
    ip: nullable('IPv4 address.'),
    agentId: nullable('Id that the Qualys Cloud Agent or an authenticated scan left on the host.'),
    qids: z.array(z.string()).describe('QIDs by which it was found, 100 at most.'),
    worstQds: z.int().nullable().describe('Worst Qualys Detection Score, of what is open where something is.'),
    worstSeverity: z.int().nullable().describe("The vendor's severity, in the same way."),
    firstFound: timeOrNull('When it was found first.'),
    lastFound: timeOrNull('When it was found last.'),
    lastFixed: timeOrNull('When it was seen to be fixed last.'),
    lastScan: timeOrNull('When the host was scanned last for vulnerabilities.'),
  })
  .meta({ id: 'VulnerableHost' });

const vulnerableHosts = z
  .strictObject({
    source,
    total: count('Hosts with it in any state; null when there are more than could be read.').nullable(),
    open: count('Of those that were read: hosts on which it is open.'),
    fixed: count('Of those that were read: hosts on which it is fixed.'),
    other: count('Of those that were read: hosts on which it is ignored, disabled or of another status.'),
    truncated: z.boolean().describe('True when there are more hosts than are listed.'),
    list: z.array(vulnerableHost).describe(`Open ones first, then by QDS; ${MAX_HOSTS} at most.`),
  })
  .meta({ id: 'EnrichVulnerableHosts', description: 'Hosts that have, or had, the vulnerability.' });

const missing = z
  .strictObject({
    source,
    part: z.enum(['events', 'summary', 'vulnerabilities', 'knowledgeBase', 'vulnerableHosts']),
    message: z.string(),
    retryAfterSeconds: z.exactOptional(count('When to ask again.')),
  })
  .meta({ id: 'EnrichError', description: 'A part that is missing, wholly or partly, and why.' });

const place = z.strictObject({
  source,
  what: z.string().describe('Query tokens of Qualys, or a table and its columns.'),
});
const searched = z.array(place.meta({ id: 'SearchedPlace' })).describe('Where was searched.');
const notSearched = z
  .array(
    place
      .extend({ reason: z.string(), retryAfterSeconds: z.exactOptional(count('When to ask again.')) })
      .meta({ id: 'UnsearchedPlace', description: 'What was not searched, or cannot be found yet, and why.' }),
  )
  .describe('Nothing is known of this, whatever the total is.');

/** The answer of an enrichment. */
export const enrichAnswer = z
  .strictObject({
    ok: z.boolean().describe('False when something failed; `errors` says what and why.'),
    subject: z.strictObject({ kind: z.enum(SUBJECTS), value: z.string() }),
    from: time('Events that Qualys processed from then on count; for a CVE or QID, reports of hosts.'),
    to: time('End of that time.'),
    searched,
    notSearched,
    events: events.nullable(),
    summary: summary.nullable(),
    vulnerabilities: vulnerabilities.nullable(),
    knowledgeBase: knowledge.nullable(),
    vulnerableHosts: vulnerableHosts.nullable(),
    links: z.array(z.strictObject({ title: z.string(), url: z.url() })).describe('Into the Qualys console.'),
    errors: z.array(missing),
  })
  .meta({
    id: 'Enrichment',
    description: 'What is known of a subject, where it was read, and what is missing.',
  });

export type EnrichAnswer = Answered<z.infer<typeof enrichAnswer>>;
export type EnrichPartSource = z.infer<typeof partSource>;
export type EnrichEvent = Answered<z.infer<typeof event>>;
export type EnrichSummary = Answered<z.infer<typeof summary>>;
export type OpenVulnerability = Answered<z.infer<typeof vulnerability>>;
export type EnrichVulnerabilities = Answered<z.infer<typeof vulnerabilities>>;
export type EnrichKnowledge = Answered<z.infer<typeof knowledge>>;
export type KnownVulnerability = EnrichKnowledge['qids'][number];
export type EnrichVulnerableHosts = Answered<z.infer<typeof vulnerableHosts>>;
export type VulnerableHost = Answered<z.infer<typeof vulnerableHost>>;
export type HostState = VulnerableHost['state'];
export type EnrichError = Answered<z.infer<typeof missing>>;
export type UnsearchedPlace = EnrichAnswer['notSearched'][number];
export type SearchedPlace = EnrichAnswer['searched'][number];
