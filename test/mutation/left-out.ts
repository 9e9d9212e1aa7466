/**
 * Tests that no mutant is played with, by parts of their names: who survives runs all that reach it, and these take as long as all others
 * of streams together. Their mutants are left to the others.
 */
export const LEFT_OUT: readonly string[] = [
  // Windows of thousands of events, beside smaller ones.
  'behind a first page that is one event short',
  'broken text far into a page',
  'far too low leaves out nothing beyond the reach of pages',
  'is read by pages whose size does not divide 10,000',
  'of 0.3 of the truth',
  'of 0.9 of the truth',
  'of a single second above 10,000 events is split by type',
  'of a single second and type above 10,000 events is read by searchAfter',
  'by pieces which hold less than was counted is read whole',
  'a window that is to be cut > hands each piece its count',
  'whose cap comes while they are read leave nothing out',
  'with more than 5,000 events is split in halves',
  // Pages of more bytes than are taken, beside those that a vendor fails to give.
  'comes with fewer entries: the first one',
  'comes with fewer entries: the third one',
  // Pages of many bytes, beside those whose chunks are counted.
  'skips nobody, with the list of ids',
  'skips nobody, without the list of ids',
  // Windows that are cut down to single hosts, beside those that are halved once: nothing of that is in the files of the group.
  'is found by halving, left out visibly with its id',
  'alone in its window is left out as well',
  'never cuts a slice into itself',
  'are read even beside one that breaks every page it is on',
  // Waiting for hours, beside one that waits for minutes.
  'cuts nothing, leaves nothing out and costs no attempt, however long it lasts',
  'has the window read again, stays short, and is closed as incomplete after 24 hours',
  'never leaves a host out, however long it lasts',
  // Days of looks back, beside those of an hour or two.
  'a look back at events > finds once',
  'a look back at events > in which a count lies once',
  'a look back at events > over a day',
  'a look back at events > takes no more than six calls',
  'a look back at events > that a count contradicts for ever',
  'a look back at hosts > asks for nothing again where windows reach',
  'a look back at hosts > finds a host that was read before',
  'a look back at hosts > finds once a host that becomes visible late by 2 hours',
  'a look back at hosts > finds once a host that becomes visible late by 20 hours',
  'a look back at hosts > of a stream that was brought up to date',
  'a look back at hosts > that gets no list',
  // The same code for each of two ways to ask, and for a backfill.
  'broken text in a page of events by searchAfter',
  'gives a backfill the rows of its live window',
];
