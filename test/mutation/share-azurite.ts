import { startAzurite } from '../../dev/azurite/start-azurite.ts';

/** One Azurite for all files and runs of this process: to start one takes longer than most mutants live. */
export default async function setup(): Promise<() => Promise<void>> {
  const { close, ...shared } = await startAzurite({ inMemory: true });
  process.env.SHARED_AZURITE = JSON.stringify(shared);
  return close;
}
