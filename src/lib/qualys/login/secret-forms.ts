/** Base64 of a secret within a longer text is looked for from this length on. */
const SHORTEST_BASE64 = 6;

/** All forms in which secrets travel, in requests and in what the vendor says of them, the longest first. */
export function secretForms(secrets: readonly string[]): string[] {
  return [...new Set(secrets.flatMap(formsOf))].sort((one, other) => other.length - one.length);
}

function formsOf(secret: string): string[] {
  const form = new URLSearchParams({ secret }).toString().slice('secret='.length);
  const xml = secret.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
  const named = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const quoted = named.replaceAll('"', '&quot;').replaceAll("'", '&apos;');
  const json = JSON.stringify(secret).slice(1, -1);
  const forms = [secret, form, encodeURIComponent(secret), xml, named, quoted, json, ...base64Within(secret)];
  // What is sent on in a query is encoded once more.
  return [...forms, ...forms.map(encodeURIComponent)];
}

/** What is sure of a secret's base64 at each of the three places where it may begin in a longer text. */
function base64Within(secret: string): string[] {
  const bytes = Buffer.from(secret, 'utf8');
  return [0, 1, 2]
    .map((before) => {
      const text = Buffer.concat([Buffer.alloc(before), bytes])
        .toString('base64')
        .replace(/=+$/, '');
      const isCut = (before + bytes.length) % 3 !== 0;
      return text.slice(Math.ceil((before * 8) / 6), isCut ? -1 : undefined);
    })
    .filter((text) => text.length >= SHORTEST_BASE64)
    .flatMap((text) => [text, text.replaceAll('+', '-').replaceAll('/', '_')]);
}
