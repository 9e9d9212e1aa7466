import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import type { SecretValue } from '../../secret-value.ts';
import type { LoginKind } from '../../setting-kinds.ts';

/** What an account or client proves itself with, at one moment. */
export interface Secret {
  readonly text: string;
  /** Tells this name and secret from others, in shared storage too: slow to guess from, and too short to confirm a guess. */
  readonly digest: string;
}

/** Who logs in to an API, between the settings and all that call it. Where both APIs have the same login they share one of these. */
export interface Credentials {
  /** User and password, or an API client: of a user (`oidc`) or of a subscription (`oauth`). */
  readonly kind: LoginKind;
  /** User name, or the id of the client. */
  readonly name: string;
  /** The secret as it is known now. */
  readonly current: () => Promise<Secret>;
  /** Looks for a newer secret after this one was refused, or where a person asks for it. @returns whether there is another one now. */
  readonly refresh: (refused: Secret, isAsked?: boolean) => Promise<boolean>;
  /** Texts that must not appear in an error, in whatever form: name, secrets, and both together. */
  readonly hidden: () => readonly string[];
}

const DIGEST_BYTES = 6;
const derive = promisify<string, string, number, Buffer>(scrypt);

/** Makes the credentials of `name`; `value` gives the secret and what follows on it. */
export function createCredentials(name: string, value: SecretValue, kind: LoginKind = 'password'): Credentials {
  const secrets = new Map<string, Promise<Secret>>();
  return {
    kind,
    name,
    current: async () => {
      const text = await value.current();
      const secret = secrets.get(text) ?? digestOf(name, text);
      secrets.set(text, secret);
      return secret;
    },
    refresh: ({ text }, isAsked) => value.refresh(text, isAsked),
    hidden: () => [name, ...value.known().flatMap((text) => [text, basicText(name, text)])],
  };
}

async function digestOf(name: string, text: string): Promise<Secret> {
  return { text, digest: (await derive(text, name, DIGEST_BYTES)).toString('hex') };
}

/** The settings that hold name and secret. */
export function settingsOf(kind: LoginKind) {
  const client = ['QUALYS_CLIENT_ID', 'QUALYS_CLIENT_SECRET'] as const;
  return kind === 'password' ? (['QUALYS_USERNAME', 'QUALYS_PASSWORD'] as const) : client;
}

/** Name and secret as Basic authentication sends them (UTF-8). */
export function basicText(name: string, secret: string): string {
  return Buffer.from(`${name}:${secret}`, 'utf8').toString('base64');
}
