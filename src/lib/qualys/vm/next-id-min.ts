/**
 * `id_min` of the URL of a WARNING, where the next page starts; undefined when it names none. It is the only thing taken from the URL,
 * which may name a host that is not ours.
 */
export function nextIdMinOf(url: string): string | undefined {
  // Inside CDATA the vendor's ampersands are sometimes escaped all the same.
  const query = url.slice(url.indexOf('?') + 1).replaceAll('&amp;', '&');
  const idMin = new URLSearchParams(query).getAll('id_min').at(-1);
  return idMin !== undefined && /^\d+$/.test(idMin) ? idMin : undefined;
}
