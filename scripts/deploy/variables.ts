/** Reads variables whose mistakes Azure would tell late, or as something else. */

/**
 * A switch of a step; blank: as it is otherwise.
 * @throws Error unless it says true or false, in any case.
 */
export function readSwitch(name: string, text: string | undefined, otherwise = false): boolean {
  const given = (text ?? '').trim().toLowerCase();
  if (given === '') return otherwise;
  if (given === 'true' || given === 'false') return given === 'true';
  throw new Error(`${name} takes true or false, given ${JSON.stringify(text)}`);
}

/**
 * A resource id; undefined where it is blank.
 * @throws Error unless it is one of a resource of that type. A path that does not begin with a slash would end the name of Azure's host.
 */
export function readResourceId(name: string, text: string | undefined, type: string): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const [, subscriptions, subscription, groups, group, providers, ...rest] = text.split('/');
  const words = [subscriptions, groups, providers, ...rest.slice(0, -1)].join('/').toLowerCase();
  const isWhole = [subscription, group, rest.at(-1)].every((part) => /^[\p{L}\p{N}_.()-]+$/u.test(part ?? ''));
  if (isWhole && text.startsWith('/') && words === `subscriptions/resourcegroups/providers/${type}`.toLowerCase())
    return text;
  throw new Error(
    `${name} takes a resource id, /subscriptions/…/resourceGroups/…/providers/${type}/<name>, given ${JSON.stringify(text)}`,
  );
}

/**
 * The address of Azure Resource Manager; undefined where it is blank.
 * @throws Error for what is none, or would get the token in plain text over a network.
 */
export function readEndpoint(name: string, text: string | undefined): string | undefined {
  if (text === undefined || text.trim() === '') return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && url.hostname === '127.0.0.1');
  if (isSafe) return text;
  throw new Error(
    `${name} takes an https address, e.g. https://management.usgovcloudapi.net, given ${JSON.stringify(text)}`,
  );
}

/**
 * What `SENTINEL_RULE_SETTINGS` says, by the names of rules; blank: nothing.
 * @throws Error for what is no JSON object, or names another rule. What it says of a rule is checked by the type of the template's parameter.
 */
export function readRuleSettings(
  text: string | undefined,
  rules: readonly string[],
): Readonly<Record<string, unknown>> {
  const settings = readObject(text);
  const unknown = Object.keys(settings).filter((name) => !rules.includes(name));
  if (unknown.length === 0) return settings;
  throw new Error(`SENTINEL_RULE_SETTINGS names ${unknown.join(', ')}; rules are ${rules.join(', ')}`);
}

function readObject(text: string | undefined): Readonly<Record<string, unknown>> {
  if (text === undefined || text.trim() === '') return {};
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Said below.
  }
  throw new Error('SENTINEL_RULE_SETTINGS is no JSON object, e.g. {"malicious-file":{"maliciousScore":7}}');
}
