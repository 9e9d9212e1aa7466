/** A name that can stand in names of tables, queues and containers. */
const NAME = /^(?!poison$)[a-z][a-z\d]{0,19}$/;
/** Stands for a name that the settings refuse, and is none that they take: its queues must not be those of another connector. */
const REFUSED = '0';

/** What `QUALYS_SUBSCRIPTION` may be. */
export function isSubscriptionName(text: string): boolean {
  return NAME.test(text);
}

/**
 * KQL condition on the rows of one connector: those of other Qualys subscriptions say nothing about it. A table may be older than the column that
 * tells them apart.
 */
export function isOwnRow(subscription: string): string {
  return `column_ifexists('QualysSubscription', '') == '${subscription}'`;
}

/**
 * What a queue, table or container is called that belongs to the connector of one Qualys subscription: two connectors may share a storage
 * account. Without a name it is the name itself, as it was before there were others.
 */
export function ownName(name: string, subscription = ''): string {
  const given = subscription.trim();
  if (given === '') return name;
  const own = isSubscriptionName(given) ? given : REFUSED;
  if (!name.includes('-')) return `${name}${own}`;
  const [, base = name, poison = ''] = /^(.*?)(-poison)?$/.exec(name) ?? [];
  return `${base}-${own}${poison}`;
}
