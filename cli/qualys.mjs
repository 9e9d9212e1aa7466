#!/usr/bin/env -S node --disable-warning=ExperimentalWarning
import '../dev/check-packages.mjs';

await import('./main.ts');
