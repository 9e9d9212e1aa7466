/** What opens a deployment: a function key, or the token of a sign-in; nothing for the local app. */
export interface Login {
  readonly key?: string | undefined;
  readonly token?: string | undefined;
}

/** The headers that carry it. */
export function loginHeaders({ key, token }: Login): Readonly<Record<string, string>> {
  return {
    ...(key === undefined ? {} : { 'x-functions-key': key }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
}

/** What was given, in words; empty where nothing was. */
export function nameLogin({ key, token }: Login): string {
  return [key === undefined ? [] : 'key', token === undefined ? [] : 'token'].flat().join(' and ');
}
