import type { EnrichSubject, VulnerabilitySubject } from './subject.ts';

/** Most events in an answer; newest first. */
export const MAX_EVENTS = 50;
/** Most names in a list of the summary. */
export const MAX_NAMES = 100;
/** Most vulnerabilities listed. */
export const MAX_WORST = 10;
/** Most hosts listed. */
export const MAX_HOSTS = 100;
/** Most QIDs of one CVE that are looked for. */
export const MAX_QIDS = 500;

/** Where something was read: live from Qualys, or from the ingested tables. */
export type EnrichSource = 'qualys' | 'log-analytics';
/** Where a part comes from. */
export type EnrichPartSource = EnrichSource | 'both';

/** An event as playbooks and agents see it: what the record does not tell is absent. Times are ISO 8601 UTC. */
export interface EnrichEvent {
  readonly eventId: string;
  /** When it happened on the asset. */
  readonly time?: string;
  /** When Qualys processed it. */
  readonly processedTime?: string;
  /** FILE, PROCESS, NETWORK, REGISTRY, MUTEX or a newer type. */
  readonly type?: string;
  readonly action?: string;
  /** 0 to 10. */
  readonly score?: number;
  readonly severity?: string;
  readonly verdicts?: readonly string[];
  readonly families?: readonly string[];
  readonly threats?: readonly string[];
  readonly hostName?: string;
  readonly netBiosName?: string;
  readonly agentId?: string;
  readonly user?: string;
  /** Of the process that the event is about, else of the one that acted. */
  readonly processName?: string;
  readonly processPath?: string;
  readonly processArguments?: string;
  readonly filePath?: string;
  /** Of the file, else of the image of the process. */
  readonly sha256?: string;
  readonly md5?: string;
  readonly localIp?: string;
  readonly remoteIp?: string;
  readonly remotePort?: number;
  readonly remoteDomain?: string;
  readonly registryPath?: string;
  readonly mutexName?: string;
}

/** What the matching events have in common. */
export interface EnrichSummary {
  readonly source: EnrichPartSource;
  /** Events that the summary is made from. */
  readonly events: number;
  /** True when more events match than it is made from, or a list of names was cut. */
  readonly truncated: boolean;
  /** Most frequent first. */
  readonly byTypeAndAction: readonly { readonly type: string; readonly action: string; readonly count: number }[];
  readonly highestScore: number | null;
  /** Of the highest score, by `EDR_SEVERITY_TABLE`. */
  readonly severity: string | null;
  /** The worst of all: MALICIOUS, SUSPICIOUS, REMEDIATED, UNKNOWN, KNOWN; else any other. */
  readonly verdict: string | null;
  readonly families: readonly string[];
  readonly threats: readonly string[];
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** Hosts on which it was seen. */
  readonly hosts: readonly string[];
  /** Users with whom it was seen. */
  readonly users: readonly string[];
}

/** An open vulnerability of a host. */
export interface OpenVulnerability {
  readonly qid: string;
  /** Null where the stream of the KnowledgeBase is not enabled or does not know it. */
  readonly title: string | null;
  readonly cves: readonly string[];
  /** The vendor's severity, 1 to 5. */
  readonly severity: number | null;
  /** Qualys Detection Score, 1 to 100, where the feed carries it. */
  readonly qds: number | null;
  /** Confirmed or Potential. */
  readonly type: string | null;
  readonly status: string | null;
  readonly host: string | null;
  readonly port: number | null;
  readonly protocol: string | null;
  readonly firstFound: string | null;
  readonly lastFound: string | null;
  /** The vulnerability in the Qualys console; null on private platforms. */
  readonly link: string | null;
}

/** Open vulnerabilities of the hosts that the subject names. */
export interface EnrichVulnerabilities {
  readonly source: EnrichSource;
  readonly open: number;
  /** Hosts that were found, with or without open vulnerabilities. */
  readonly hosts: number;
  /** When the newest report of these hosts was made. */
  readonly lastReport: string | null;
  /** Highest first. */
  readonly bySeverity: readonly { readonly severity: number; readonly count: number }[];
  /** True when more are open than are listed. */
  readonly truncated: boolean;
  /** By QDS, and by severity where there is none. */
  readonly worst: readonly OpenVulnerability[];
}

/** A vulnerability as the ingested KnowledgeBase describes it. */
export interface KnownVulnerability extends Pick<OpenVulnerability, 'qid' | 'title' | 'cves' | 'severity' | 'link'> {
  /** Vulnerability, Potential Vulnerability and so on. */
  readonly type: string | null;
}

/** What the ingested KnowledgeBase says of a CVE or QID. */
export interface EnrichKnowledge {
  readonly source: EnrichSource;
  /** False when it names no such CVE or QID: Qualys does not detect it, or has described it since. Then it says nothing of hosts. */
  readonly known: boolean;
  /** True when more QIDs stand for the CVE than are listed and looked for. */
  readonly truncated: boolean;
  /** The QIDs that stand for it. */
  readonly qids: readonly KnownVulnerability[];
}

/** Open: in at least one of its detections. Fixed: in all. Other: what is left is ignored or disabled, or of another status. */
export type HostState = 'open' | 'fixed' | 'other';

/** A host that has, or had, a vulnerability. */
export interface VulnerableHost {
  readonly hostId: string;
  readonly state: HostState;
  readonly hostName: string | null;
  readonly netBiosName: string | null;
  readonly ip: string | null;
  readonly agentId: string | null;
  /** QIDs by which it was found, 100 at most. */
  readonly qids: readonly string[];
  /** The worst Qualys Detection Score, of what is open where something is. */
  readonly worstQds: number | null;
  /** The worst severity of the vendor's, 1 to 5, of what is open where something is. */
  readonly worstSeverity: number | null;
  readonly firstFound: string | null;
  readonly lastFound: string | null;
  readonly lastFixed: string | null;
  readonly lastScan: string | null;
}

/** Hosts that have, or had, a vulnerability. */
export interface EnrichVulnerableHosts {
  readonly source: EnrichSource;
  /** Hosts with it in any state; null when there are more than could be read. */
  readonly total: number | null;
  /** Of those that were read. */
  readonly open: number;
  readonly fixed: number;
  readonly other: number;
  /** True when there are more than are listed. */
  readonly truncated: boolean;
  /** Open ones first, then by QDS. */
  readonly list: readonly VulnerableHost[];
}

/** A part that is missing, wholly or partly, and why. */
export interface EnrichError {
  readonly source: EnrichSource;
  readonly part: 'events' | 'summary' | 'vulnerabilities' | 'knowledgeBase' | 'vulnerableHosts';
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

/** A place that was searched. */
export interface SearchedPlace {
  readonly source: EnrichSource;
  /** Query tokens of Qualys, or a table and its columns. */
  readonly what: string;
}

/** What was not searched: nothing is known of it, whatever the total is. */
export interface UnsearchedPlace extends SearchedPlace {
  readonly reason: string;
  readonly retryAfterSeconds?: number;
}

/** The answer of an enrichment: what was found, where, and what is missing. */
export interface EnrichAnswer {
  /** False when something failed; `errors` says what and why. */
  readonly ok: boolean;
  readonly subject: Pick<EnrichSubject | VulnerabilitySubject, 'kind' | 'value'>;
  /** Events that Qualys processed from then on count; for a CVE or QID, reports of hosts. */
  readonly from: string;
  readonly to: string;
  readonly searched: readonly SearchedPlace[];
  readonly notSearched: readonly UnsearchedPlace[];
  readonly events: {
    readonly source: EnrichPartSource;
    /** Matching events in what was searched; null when they could not be counted. */
    readonly total: number | null;
    /** True when more events match than are listed. */
    readonly truncated: boolean;
    readonly list: readonly EnrichEvent[];
  } | null;
  readonly summary: EnrichSummary | null;
  /** For a host or agent; null for other subjects and when they could not be read. */
  readonly vulnerabilities: EnrichVulnerabilities | null;
  /** For a CVE or QID; null for other subjects and when it could not be read. */
  readonly knowledgeBase: EnrichKnowledge | null;
  /** For a CVE or QID; null for other subjects, and when hosts could not be looked for. */
  readonly vulnerableHosts: EnrichVulnerableHosts | null;
  /** Into the Qualys console. */
  readonly links: readonly { readonly title: string; readonly url: string }[];
  readonly errors: readonly EnrichError[];
}
