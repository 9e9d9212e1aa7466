/** Processor time that a run takes, in microseconds: the least of three, as others share the machine. */
function workOf(run: () => unknown): number {
  const works = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...works);
}

/**
 * How many times the work of ordinary text of the same length a hostile text is. Where each part is read once that is a small number;
 * where 64 KB are read again from each of their parts it is hundreds.
 */
export function workBesideWords(unit: string, run: (text: string) => unknown, length = 65_536): number {
  const hostile = unit.repeat(Math.floor(length / unit.length));
  const words = 'word '.repeat(Math.floor(length / 5));
  const ordinary = workOf(() => run(words));
  return workOf(() => run(hostile)) / Math.max(ordinary, 1000);
}
