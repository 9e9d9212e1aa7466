import { isIP } from 'node:net';
import * as z from 'zod';
import {
  EVENT_SUBJECTS,
  SUBJECTS,
  VULNERABILITY_SUBJECTS,
  type EnrichSubject,
  type NamedSubject,
  type VulnerabilitySubject,
} from '../enrich/subject.ts';
import { wholeNumber } from './requests.ts';

const MAX_HOURS = 2160;
const DEFAULT_HOURS = 168;
/** A host whose detections did not change is reported once a week, one that is not scanned not at all. */
const DEFAULT_REPORT_HOURS = 720;

/** A text without control characters and broken characters. */
const text = (max: number) =>
  z
    .string()
    .transform((value) => value.trim())
    .pipe(
      z
        .string()
        .min(1, 'must not be empty')
        .max(max, `must be at most ${max} characters`)
        .regex(/^[^\p{Cc}\p{Cs}\p{Zl}\p{Zp}]*$/u, 'must not hold control characters or broken ones'),
    );

const hash = (digits: number) =>
  text(200)
    .pipe(z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `must be ${digits} hexadecimal digits`))
    .transform((value) => value.toLowerCase());

const hostName = text(255).pipe(
  z.string().regex(/^[\p{L}\p{N}_$][^\\/:*?"<>|]*$/u, 'must be a host name, NetBIOS name or fully qualified name'),
);

const domain = text(254)
  .transform((value) => value.toLowerCase().replace(/\.$/, ''))
  .pipe(
    z
      .string()
      .regex(
        /^(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_-]{2,63}$/,
        'must be a domain name such as c2.example.net; other scripts in their xn-- form',
      ),
  );

const ip = text(45)
  .pipe(z.string().refine((value) => isIP(value) !== 0 && !value.includes('%'), 'must be an IPv4 or IPv6 address'))
  .transform((value) => value.toLowerCase());

const mac = text(64)
  .pipe(z.string().regex(/^[0-9a-f]{2}([:.-]?[0-9a-f]{2}){5,19}$/i, 'must be a MAC address such as 02:00:00:00:00:01'))
  .transform((value) => value.toLowerCase());

const file = text(1024)
  .pipe(z.string().regex(/^[^*?`]*$/, 'must be a file name or full path without *, ? and `'))
  .pipe(z.string().refine((value) => !/^[\\/.:\s]*$/.test(value), 'must name a file or folder'))
  .pipe(
    z.string().refine((value) => !(value.includes("'") && value.includes('"')), 'must hold only one kind of quotes'),
  );

const cve = text(200)
  .transform((value) => value.toUpperCase())
  .pipe(z.string().regex(/^CVE-\d{4}-\d{4,12}$/, 'must be a CVE id such as CVE-2021-44228'));

const qid = text(200).pipe(
  z.string().regex(/^[1-9]\d{0,9}$/, 'must be a QID: a whole number from 1, of at most ten digits'),
);

const agentId = text(64)
  .pipe(z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i, 'must be a UUID'))
  .transform((value) => value.toLowerCase());

const subjects = {
  host: hostName.optional().describe('Host name, NetBIOS name or fully qualified name, whatever its case.'),
  user: text(256).optional().describe('User name, alone, as DOMAIN\\user or as user@domain, whatever its case.'),
  agentId: agentId.optional().describe('Id of the Qualys Cloud Agent.'),
  sha256: hash(64).optional().describe('SHA-256 of a file, or of the image of a process.'),
  md5: hash(32).optional().describe('MD5 of a file, or of the image of a process.'),
  ip: ip.optional().describe('Local or remote address of a connection, or one of an asset, IPv4 or IPv6.'),
  mac: mac.optional().describe('MAC address of an asset, however its bytes are kept apart.'),
  domain: domain.optional().describe('Remote domain name of a connection.'),
  file: file.optional().describe('Name of a file or process, or full path; a path also finds what is below it.'),
  threat: text(256).optional().describe('Name of a threat or malware family, whatever its case.'),
  cve: cve.optional().describe('CVE id, whatever its case: the hosts that have, or had, the vulnerability.'),
  qid: qid.optional().describe('Qualys id of a vulnerability: the hosts that have, or had, it.'),
};

const hours = wholeNumber(1, MAX_HOURS, 'hours').optional();

/** Adds an issue unless exactly one of the names is given. */
function exactlyOne(names: readonly string[]) {
  return (query: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    const given = names.filter((name) => query[name] !== undefined);
    // Whoever gives an unknown name is told of all others already.
    if (given.length === 1 || context.issues.length > 0) return;
    const found = given.length === 0 ? 'none is' : `${given.length} are`;
    context.addIssue({ code: 'custom', message: `exactly one of ${names.join(', ')} must be given, ${found}` });
  };
}

/** Query of an enrichment: exactly one subject. */
export const enrichQuery = z
  .strictObject({
    ...subjects,
    hours: hours.describe(
      `Events that Qualys processed within the last hours, ${DEFAULT_HOURS} when absent; for cve and qid reports of hosts, ${DEFAULT_REPORT_HOURS}.`,
    ),
  })
  .superRefine(exactlyOne(SUBJECTS));

/** What an agent asks for the hosts with a vulnerability. */
export const vulnerabilityArguments = z
  .strictObject({
    cve: subjects.cve,
    qid: subjects.qid,
    hours: hours.describe(`Reports of hosts within the last hours; ${DEFAULT_REPORT_HOURS} when absent.`),
  })
  .superRefine(exactlyOne(VULNERABILITY_SUBJECTS));

/** What an agent asks for the vulnerabilities of a host. */
export const hostArguments = z
  .strictObject({ host: subjects.host, agentId: subjects.agentId })
  .superRefine(exactlyOne(['host', 'agentId']));

/** The subject of a checked query. */
export function subjectOf(query: z.output<typeof enrichQuery>): EnrichSubject | VulnerabilitySubject {
  const kind = EVENT_SUBJECTS.find((name) => query[name] !== undefined);
  if (kind === undefined) return vulnerabilityOf(query);
  return { kind, value: query[kind] ?? '', hours: Number(query.hours ?? DEFAULT_HOURS) };
}

/** The vulnerability of checked arguments. */
export function vulnerabilityOf(given: z.output<typeof vulnerabilityArguments>): VulnerabilitySubject {
  const ofReports = Number(given.hours ?? DEFAULT_REPORT_HOURS);
  return given.cve === undefined
    ? { kind: 'qid', value: given.qid ?? '', hours: ofReports }
    : { kind: 'cve', value: given.cve, hours: ofReports };
}

/** The host or agent of checked arguments. */
export function hostOf({ host, agentId: id }: z.output<typeof hostArguments>): NamedSubject {
  return host === undefined ? { kind: 'agentId', value: id ?? '' } : { kind: 'host', value: host };
}
