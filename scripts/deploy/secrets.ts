/**
 * Puts secrets into the vault, by a deployment of `infra/secrets.json`: Contributor is enough for that, also where the vault
 * answers inside a network only. A secret whose value is not given stays as it is.
 */
import type { Arm, Template } from './arm.ts';

const VAULTS_API = '2025-05-01';

/** The secrets of the vault by the variable that gives each. */
export const SECRETS = {
  QUALYS_PASSWORD: { name: 'qualys-password', contentType: 'Password of the Qualys API account' },
  QUALYS_CLIENT_SECRET: { name: 'qualys-client-secret', contentType: 'Secret of the Qualys API client' },
  ALERT_WEBHOOK_URL: { name: 'alert-webhook-url', contentType: 'Webhook for alerts' },
  ALERT_WEBHOOK_SECRET: { name: 'alert-webhook-secret', contentType: 'Signs posts to the webhook for alerts' },
} as const;

export type SecretVariable = keyof typeof SECRETS;

export interface SecretsOptions {
  readonly arm: Arm;
  /** Resource id of the vault. */
  readonly vault: string;
  readonly template: Template;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Asks for a value, unseen; undefined where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  readonly now: Date;
}

/**
 * Writes each secret whose value is given, or asked for because the vault has none. @returns what was done.
 * @throws Error when the vault has no secret that the login needs, and nobody gives one.
 */
export async function writeSecrets({ arm, vault, template, environment, ask, now }: SecretsOptions): Promise<string[]> {
  checkPush(environment);
  const lines: string[] = [];
  for (const variable of Object.keys(SECRETS) as SecretVariable[]) {
    const { name, contentType } = SECRETS[variable];
    const given = environment[variable] ?? '';
    const value = given === '' ? await askFor(variable) : given;
    if (value === '') continue;
    // An end that has passed since is of no matter to a deployment that writes nothing.
    const expires = readExpiry(environment.SECRET_EXPIRES, now);
    const [, , subscription, , group, , , , vaultName] = vault.split('/');
    await arm.deploy(
      `/subscriptions/${subscription ?? ''}/resourceGroups/${group ?? ''}`,
      `${name}-${now.getTime()}`,
      template,
      {
        vaultName,
        name,
        contentType,
        value,
        expires,
      },
    );
    lines.push(`${name} is written${expires === 0 ? '' : `, good until ${new Date(expires * 1000).toISOString()}`}`);
  }
  return lines;

  async function askFor(variable: SecretVariable): Promise<string> {
    if (!isNeeded(variable, environment)) return '';
    const found = await arm.get(`${vault}/secrets/${SECRETS[variable].name}`, VAULTS_API);
    if (found !== undefined) return '';
    const typed = await ask?.(`${variable} (unseen): `);
    if (typed !== undefined && typed !== '') return typed;
    throw new Error(`the vault has no ${SECRETS[variable].name}: give it as ${variable}`);
  }
}

/** @throws Error where a webhook is given that the app would not use. */
function checkPush({ ALERT_WEBHOOK_SECRET, ALERT_WEBHOOK_URL, PUSH_ALERTS }: SecretsOptions['environment']): void {
  const push = (PUSH_ALERTS ?? '') || 'off';
  const isUsed = (push === 'signed' || !ALERT_WEBHOOK_SECRET) && (push !== 'off' || !ALERT_WEBHOOK_URL);
  if (isUsed) return;
  throw new Error(
    `PUSH_ALERTS is ${push}: ALERT_WEBHOOK_URL needs unsigned or signed, ALERT_WEBHOOK_SECRET needs signed`,
  );
}

/** What the app logs in with, and posts alerts with. */
function isNeeded(variable: SecretVariable, environment: SecretsOptions['environment']): boolean {
  const has = (name: string): boolean => (environment[name] ?? '') !== '';
  return (
    (variable === 'QUALYS_PASSWORD' && has('QUALYS_USERNAME')) ||
    (variable === 'QUALYS_CLIENT_SECRET' && has('QUALYS_CLIENT_ID')) ||
    (variable === 'ALERT_WEBHOOK_URL' && has('PUSH_ALERTS') && environment.PUSH_ALERTS !== 'off') ||
    (variable === 'ALERT_WEBHOOK_SECRET' && environment.PUSH_ALERTS === 'signed')
  );
}

/**
 * Seconds since 1970, as Key Vault keeps it; 0: never.
 * @throws Error unless it is a date in the future.
 */
function readExpiry(text: string | undefined, now: Date): number {
  if (text === undefined || text === '') return 0;
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && time > now.getTime()) return Math.floor(time / 1000);
  throw new Error(`SECRET_EXPIRES takes a date to come, e.g. 2027-12-31, given ${text}`);
}
