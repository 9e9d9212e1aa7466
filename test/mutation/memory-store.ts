export { createMemoryStore as createTableCheckpointStore } from '../faults/memory-store.ts';
