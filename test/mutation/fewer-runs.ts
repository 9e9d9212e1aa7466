import fc from 'fast-check';

// Each mutant runs them anew: what a property has found by then it finds in most runs.
fc.configureGlobal({ numRuns: 25 });
