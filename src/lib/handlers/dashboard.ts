import { answerPageFile, isPageFileName } from '../http/dashboard-files.ts';
import { handle } from '../http/handle.ts';
import { ProblemError } from '../http/problem.ts';

/** Answers the page: a shell without data, which asks the other routes with the key that the person enters. */
export const page = handle((request) => {
  // The page names its files relative to its own address, so that it works behind any prefix.
  const hasSlash = new URL(request.url).pathname.endsWith('/');
  if (hasSlash) return Promise.resolve({ status: 308, headers: { location: '../dashboard' } });
  return answerPageFile(request, 'index.html');
});

/** Answers a file of the page. */
export const file = handle((request) => {
  const { file: name = '' } = request.params;
  if (isPageFileName(name) && name !== 'index.html') return answerPageFile(request, name);
  throw new ProblemError(404, `the dashboard has no file ${JSON.stringify(name.slice(0, 64))}`);
});
