/**
 * Whether callers sign in with Entra ID instead of a key, by the setting `CALLER_AUTH` as it stands.
 * Anything else than `entra` asks for keys, so that a setting at fault opens nothing.
 */
export function signsIn(setting: string | undefined): boolean {
  return setting?.trim() === 'entra';
}

/** Overrides `extensions.mcp.system.webhookAuthorizationLevel` of host.json; the host reads names of settings in any case. */
const MCP_LEVEL = /^AzureFunctionsJobHost(__|:)extensions(__|:)mcp(__|:)system(__|:)webhookAuthorizationLevel$/i;

/**
 * The setting by which the MCP endpoint asks for no key although callers do not sign in: anybody could act with its tools then, so none is
 * registered. Undefined where the endpoint is guarded; any value but `System` counts as none.
 */
export function unguardedMcpBy(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (signsIn(env.CALLER_AUTH)) return undefined;
  return Object.keys(env).find((name) => MCP_LEVEL.test(name) && !/^(system)?$/i.test(env[name]?.trim() ?? ''));
}
