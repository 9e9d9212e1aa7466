/** Settings that tests of costs go by. */
export const COST_SETTINGS = {
  PRICE_PER_GB: 4,
  EDR_RECORD: 'rest' as const,
  VM_INGEST: 'changed-hosts' as const,
  VM_RESULTS: Infinity,
  VM_PASSING_FIELDS: ['TIMES_FOUND'],
};
