/** What comes one by one, as a list: so many at most. */
export async function atMost<T>(most: number, all: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const each of all) {
    found.push(each);
    if (found.length >= most) break;
  }
  return found;
}
