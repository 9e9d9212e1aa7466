/** What ingestion costs, declared once. The OpenAPI document and the command line load the schemas; all others import types. */
import * as z from 'zod';
import { count, time, type Answered } from '../answer-values.ts';

const volume = z.strictObject({ rows: count('Rows.'), bytes: count('Their billed bytes.') }).meta({ id: 'Volume' });

const month = z
  .strictObject({
    gigabytes: z.number().min(0).describe('In GB of 10^9 bytes.'),
    price: z.number().min(0).describe('In the currency of PRICE_PER_GB.'),
  })
  .nullable()
  .describe(
    'Thirty days at the pace of the days counted; null where that is not known, or nothing was counted for an hour.',
  );

const sentVolume = z.strictObject({
  today: volume.describe('Since midnight UTC.'),
  yesterday: volume.describe('The day before, UTC.'),
  week: volume.describe('The last seven days UTC, today included.'),
  month,
});

const mode = z.strictObject({
  setting: z.string().describe('A setting that says how much of a record is sent.'),
  value: z.string().describe('A value of it.'),
  isSet: z.boolean().describe('Whether it has that value now.'),
  basis: z
    .enum(['counted', 'estimated', 'unknown'])
    .describe(
      "counted: of the rows that were sent; estimated: by the project's benchmark, by the hosts that were not sent, or by a sample of hosts.",
    ),
  month,
});

const causes = z
  .strictObject({
    changed: count('Another than what was sent of it last.'),
    unknown: count('New, or it was not known what was sent of it last.'),
    refresh: count('Unchanged, sent because its turn had come (VM_REFRESH_DAYS).'),
    uncompared: count(
      'Sent whatever was sent before: of backfills, late, asked for by ids, read beside an earlier window, or too large.',
    ),
    sample: z
      .strictObject({
        compared: count('Changed records that were compared with what was sent of them last.'),
        fields: z.array(
          z.strictObject({
            name: z
              .string()
              .describe(
                'An element; DETECTION_LIST: detections came or went; order: nothing but the order has changed; other: of many names.',
              ),
            records: count('Records in which it had changed, maybe among others.'),
            alone: count('Records in which nothing else had.'),
            saved: month.describe(
              'What a month would cost less with its name in VM_PASSING_FIELDS, estimated; null where it may not stand there, or does, or that is not known.',
            ),
          }),
        ),
      })
      .nullable()
      .describe('What had changed in records of a sample, chosen by their ids; null where none was compared.'),
  })
  .nullable()
  .describe(
    'Why records of the week were sent (VM: hosts), as far as that was counted; null for a stream that leaves out nothing.',
  );

/** What the route answers. */
export const costAnswer = z
  .strictObject({
    time: time("The app's clock."),
    pricePerGb: z.number().min(0).describe('The setting PRICE_PER_GB.'),
    countedFrom: time('Since when the rows of the week were counted; null: nothing was.').nullable(),
    streams: z.array(
      z
        .strictObject({
          name: z.string().describe('Name of the stream.'),
          ...sentVolume.shape,
          modes: z.array(mode).describe('What the same rows would have been billed with other settings.'),
          causes,
        })
        .meta({ id: 'StreamCost' }),
    ),
    total: sentVolume.describe('All streams.'),
  })
  .meta({
    id: 'Cost',
    examples: [
      {
        time: '2026-05-01T12:07:12.031Z',
        pricePerGb: 4.3,
        countedFrom: '2026-04-25T00:00:00.000Z',
        streams: [
          {
            name: 'edr-events',
            today: { rows: 24_100, bytes: 21_931_000 },
            yesterday: { rows: 48_211, bytes: 43_872_010 },
            week: { rows: 313_371, bytes: 285_168_065 },
            month: { gigabytes: 1.316, price: 5.66 },
            modes: [
              {
                setting: 'EDR_RECORD',
                value: 'rest',
                isSet: true,
                basis: 'counted',
                month: { gigabytes: 1.316, price: 5.66 },
              },
              {
                setting: 'EDR_RECORD',
                value: 'full',
                isSet: false,
                basis: 'estimated',
                month: { gigabytes: 2.489, price: 10.703 },
              },
              {
                setting: 'EDR_RECORD',
                value: 'none',
                isSet: false,
                basis: 'counted',
                month: { gigabytes: 0.819, price: 3.522 },
              },
            ],
            causes: null,
          },
        ],
        total: {
          today: { rows: 24_100, bytes: 21_931_000 },
          yesterday: { rows: 48_211, bytes: 43_872_010 },
          week: { rows: 313_371, bytes: 285_168_065 },
          month: { gigabytes: 1.316, price: 5.66 },
        },
      },
    ],
  });

export type CostAnswer = Answered<z.infer<typeof costAnswer>>;
export type SentVolume = Answered<z.infer<typeof sentVolume>>;
export type Volume = SentVolume['today'];
export type Month = NonNullable<SentVolume['month']>;
export type ModeCost = Answered<z.infer<typeof mode>>;
export type CausesCost = NonNullable<Answered<z.infer<typeof causes>>>;
