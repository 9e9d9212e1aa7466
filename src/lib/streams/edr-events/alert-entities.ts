/** An entity as Chronicle SOAR's actions take it. */
export interface AlertEntity {
  readonly Identifier: string;
  readonly EntityType: string;
}

/** Columns that name entities, by the types of Chronicle SOAR. */
const COLUMNS: readonly (readonly [column: string, type: string])[] = [
  ['HostName', 'HOSTNAME'],
  ['NetBiosName', 'HOSTNAME'],
  ['UserName', 'USERUNIQNAME'],
  ['TargetProcessUserName', 'USERUNIQNAME'],
  ['FileName', 'FILENAME'],
  ['FileSha256', 'FILEHASH'],
  ['FileMd5', 'FILEHASH'],
  ['TargetProcessSha256', 'FILEHASH'],
  ['TargetProcessMd5', 'FILEHASH'],
  ['TargetProcessName', 'PROCESS'],
  ['ActorProcessName', 'PROCESS'],
  ['RemoteIP', 'ADDRESS'],
  ['LocalIP', 'ADDRESS'],
  ['IPAddresses', 'ADDRESS'],
  ['MacAddresses', 'MacAddress'],
  ['RemoteDns', 'DOMAIN'],
  ['ThreatNames', 'GENERICENTITY'],
];

const MAX_ENTITIES = 30;
/** A longer one is no name that an action could use. */
const MAX_IDENTIFIER = 256;
/** Accounts of the system itself and addresses that lead nowhere say nothing about a case. */
const SAYS_NOTHING = /^(NT AUTHORITY\\.*|Window Manager\\.*|fe80:.*|127\..*|::1|0\.0\.0\.0|::)$/i;

/** The entities of an event, each once. */
export function alertEntities(row: Readonly<Record<string, unknown>>): AlertEntity[] {
  const entities = new Map<string, AlertEntity>();
  for (const [column, EntityType] of COLUMNS) {
    const value = row[column];
    for (const Identifier of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (typeof Identifier !== 'string' || Identifier.length > MAX_IDENTIFIER || SAYS_NOTHING.test(Identifier))
        continue;
      const key = `${EntityType} ${Identifier.toLowerCase()}`;
      if (!entities.has(key)) entities.set(key, { Identifier, EntityType });
    }
  }
  return [...entities.values()].slice(0, MAX_ENTITIES);
}
