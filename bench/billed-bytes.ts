/** What Log Analytics bills of a row, in bytes: the text of its column values, without names, as far as the vendor's page says. */
export function billedBytes(row: Readonly<Record<string, unknown>>): number {
  let bytes = 0;
  for (const value of Object.values(row))
    if (value !== null && value !== undefined)
      bytes += Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value));
  return bytes;
}
