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
