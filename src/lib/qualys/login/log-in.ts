import { ConfigError } from '../../errors.ts';
import type { Credentials, Secret } from './credentials.ts';

/**
 * The one way in which a secret goes to the vendor: by Basic authentication with each call, or for a token. A refused secret is looked up
 * anew, and the call made once more where there is another one.
 */
export async function logIn<T>(credentials: Credentials, send: (secret: Secret) => Promise<T>): Promise<T> {
  const secret = await credentials.current();
  try {
    return await send(secret);
  } catch (error) {
    if (!(error instanceof ConfigError) || !(await credentials.refresh(secret))) throw error;
    return send(await credentials.current());
  }
}
