import { expect, test } from 'vitest';
import { findLostValues } from '../../dev/ingestion/lost-values.ts';
import { startIngestion } from '../../dev/ingestion/start-ingestion.ts';

test('what the local endpoint dropped or could not convert is named, a line a column', async () => {
  const { url, ruleId, close } = await startIngestion({ keep: 'memory' });
  try {
    const post = (row: object) =>
      fetch(`${url}/dataCollectionRules/${ruleId}/streams/Custom-QualysEdrEvents_CL?api-version=2023-01-01`, {
        method: 'POST',
        headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
        body: JSON.stringify([{ TimeGenerated: new Date().toISOString(), ...row }]),
      });
    expect((await post({ EventId: 'e1', Score: 5 })).status).toBe(204);
    expect(await findLostValues(url)).toEqual([]);
    await post({ EventId: 'e2', Score: 'high', Colour: 'red' });
    await post({ EventId: 'e3', Colour: 'blue' });
    expect((await findLostValues(url)).sort()).toEqual([
      'QualysEdrEvents_CL.Colour: 2 values dropped, because the table has no such column',
      'QualysEdrEvents_CL.Score: 1 values not converted',
    ]);
  } finally {
    await close();
  }
});
