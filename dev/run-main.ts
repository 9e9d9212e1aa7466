import { describeError } from './describe-error.ts';

/** Runs a program: what stops it is printed, and it ends with 1. @returns whether it went well. */
export async function runMain(main: () => Promise<void>): Promise<boolean> {
  try {
    await main();
    return true;
  } catch (error) {
    console.error(describeError(error));
    process.exitCode = 1;
    return false;
  }
}
