#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import '../dev/check-node.mjs';

await import('./main.ts');
