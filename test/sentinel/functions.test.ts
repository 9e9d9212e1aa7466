import { describe, expect, test } from 'vitest';
import { readFunctions } from '../../infra/sentinel/content.ts';
import { readStoredFunctions } from '../../dev/kql/workspace.ts';
import { asQuery, createSentinelWorkspace, findFaults, readColumns } from '../support/kql.ts';

const workspace = createSentinelWorkspace();
const stored = readStoredFunctions();

/** Mandatory fields common to all ASIM event schemas, with their types. */
const COMMON = {
  TimeGenerated: 'datetime',
  Type: 'string',
  EventCount: 'int',
  EventStartTime: 'datetime',
  EventEndTime: 'datetime',
  EventType: 'string',
  EventResult: 'string',
  EventProduct: 'string',
  EventVendor: 'string',
  EventSchema: 'string',
  EventSchemaVersion: 'string',
  Dvc: 'string',
};

/** Version and further fields of each schema: mandatory ones, and the aliases that content filters by. */
const SCHEMAS: Record<string, { version: string; fields: Record<string, string> }> = {
  FileEvent: {
    version: '0.2.1',
    fields: {
      ActorUsername: 'string',
      TargetFilePath: 'string',
      TargetFilePathType: 'string',
      TargetFileSize: 'long',
      Hash: 'string',
      HashType: 'string',
    },
  },
  ProcessEvent: {
    version: '0.1.4',
    fields: {
      ActorUsername: 'string',
      ActingProcessId: 'string',
      TargetUsername: 'string',
      TargetProcessName: 'string',
      TargetProcessCommandLine: 'string',
      TargetProcessId: 'string',
      ParentProcessId: 'string',
    },
  },
  NetworkSession: {
    version: '0.2.7',
    fields: {
      SrcIpAddr: 'string',
      DstIpAddr: 'string',
      DstHostname: 'string',
      DstPortNumber: 'int',
      SrcPortNumber: 'int',
      NetworkDirection: 'string',
      ASimMatchingIpAddr: 'string',
    },
  },
  RegistryEvent: {
    version: '0.1.3',
    fields: {
      RegistryKey: 'string',
      RegistryValue: 'string',
      ActorUsername: 'string',
      ActingProcessId: 'string',
      ParentProcessId: 'string',
    },
  },
};

describe.each(stored)('function $name', (fn) => {
  test('has a sound body', () => {
    expect(findFaults(workspace, asQuery(fn))).toEqual([]);
  });

  test('can be called without arguments', () => {
    expect(findFaults(workspace, `${fn.name}()`)).toEqual([]);
  });
});

test('a misspelt column in a body is found, though not by calling the function', () => {
  const fn = {
    name: 'Broken',
    parameters: 'disabled:bool=false',
    body: 'QualysEdrEvents_CL | where EventTipe == "FILE"',
  };
  expect(findFaults(workspace, asQuery(fn)).join()).toContain('KS142');
});

test('a result without known columns is a fault', () => {
  expect(findFaults(workspace, 'QualysEdrEvents_CL | evaluate bag_unpack(Record)').join()).toContain('open');
  expect(findFaults(workspace, 'let x = 1;')).toContain('the result is no table');
  expect(findFaults(workspace, 'Unknown_CL | take 1').join()).toContain('KS204');
  expect(findFaults(workspace, 'QualysEdrEvents_CL | extend x = no_such_function(EventId)').join()).toContain('KS211');
});

describe.each(Object.entries(SCHEMAS))('ASIM %s', (schema, { version, fields }) => {
  const filtering = stored.find(({ name }) => name === `vim${schema}QualysEdr`)!;

  test.each([`ASim${schema}QualysEdr`, `vim${schema}QualysEdr`])(
    '%s has the mandatory fields in their types',
    (name) => {
      const columns = Object.fromEntries(readColumns(workspace, `${name}()`));
      expect(columns).toMatchObject({ ...COMMON, ...fields });
    },
  );

  test('names its schema and version', () => {
    const { description, query } = readFunctions().find((item) => item.name === filtering.name)!;
    expect(description.schema).toEqual({ name: schema, version });
    expect(query).toContain(`EventSchema = '${schema}'`);
    expect(query).toContain(`EventSchemaVersion = '${version}'`);
  });

  test('uses every filtering parameter that it takes', () => {
    const names = filtering.parameters.split(',').map((parameter) => parameter.split(':')[0]!.trim());
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(filtering.body))).toEqual([]);
  });

  test('shows no column of the vendor under a name that ASIM does not know', () => {
    const columns = [...readColumns(workspace, `${filtering.name}()`).keys()];
    expect(
      columns.filter((name) => ['EventAction', 'Verdicts', 'Record', 'RowKey', 'PartNumber'].includes(name)),
    ).toEqual([]);
  });
});

/** The text that Bicep gives to a custom unifying parser: each parameter passed on by its name. */
function unify({ name, parameters }: { readonly name: string; readonly parameters: string }): string {
  const names = parameters
    .replaceAll(', ', ',')
    .split(',')
    .map((parameter) => parameter.split(':')[0]!);
  return `union isfuzzy=true\n    ${name}(${names.map((parameter) => `${parameter}=${parameter}`).join(', ')})\n`;
}

test.each(stored.filter(({ name }) => name.startsWith('vim')))(
  '$name can be called by a custom unifying parser',
  (fn) => {
    const parameters = `${fn.parameters},pack:bool=false`;
    expect(findFaults(workspace, asQuery({ parameters, body: unify(fn) }))).toEqual([]);
    expect(findFaults(workspace, asQuery({ parameters: 'disabled:bool=false', body: unify(fn) }))).not.toEqual([]);
  },
);

test('filtering parameters are accepted by name, as unifying parsers pass them', () => {
  const call = `vimFileEventQualysEdr(starttime=ago(1d), endtime=now(), eventtype_in=dynamic(['FileCreated']),
    hashes_has_any=dynamic(['aa']), dvchostname_has_any=dynamic(['ws-01']), disabled=false)`;
  expect(findFaults(workspace, call)).toEqual([]);
  expect(findFaults(workspace, 'vimFileEventQualysEdr(no_such_parameter=1)').length).toBeGreaterThan(0);
});

test('QualysHostDetections gives the fields of a detection in their types', () => {
  expect(Object.fromEntries(readColumns(workspace, 'QualysHostDetections'))).toMatchObject({
    HostId: 'string',
    QID: 'string',
    Port: 'int',
    Status: 'string',
    VendorSeverity: 'int',
    Qds: 'int',
    QdsSeverity: 'string',
    QdsFactors: 'dynamic',
    Results: 'string',
    HostTags: 'dynamic',
    FirstFound: 'datetime',
    LastFixed: 'datetime',
    Ssl: 'bool',
    IsOpen: 'bool',
    IsExploitable: 'bool',
  });
});

test('QualysEdrEvents keeps every column of its table', () => {
  const columns = readColumns(workspace, 'QualysEdrEvents');
  const table = readColumns(workspace, 'QualysEdrEvents_CL');
  for (const [name, type] of table) expect([name, columns.get(name)]).toEqual([name, type]);
});
