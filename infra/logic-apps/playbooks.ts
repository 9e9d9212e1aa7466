/** Makes the workflows of the playbooks: what they share is said once, and the fields they read are those of the enrichment. */
import type { JsonObject } from './to-swagger-schema.ts';

/** A comment of an incident holds 30,000 characters (Microsoft Sentinel, Investigate incidents: Comments). */
export const MOST_COMMENT = 30_000;
/** Entities that one run asks for: each is a call to Qualys or queries of the workspace. */
export const MOST_SUBJECTS = 20;
/** Where a comment is cut: the sentence that says so still fits. */
const CUT_AT = MOST_COMMENT - 1000;

const SCHEMA =
  'https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/workflowdefinition.json#';
const CONNECTION = { name: "@parameters('$connections')['azuresentinel']['connectionId']" };
const LINE = "decodeUriComponent('%0A')";
const NONE = "json('[]')";
const ENTITIES = `coalesce(triggerBody()?['object']?['properties']?['relatedEntities'], ${NONE})`;
const ENDED = ['Succeeded', 'Failed', 'TimedOut', 'Skipped'];

/** What a playbook does. */
interface Playbook {
  /** Begins the comment. */
  readonly title: string;
  /** Whether hashes are asked for, beside hosts. */
  readonly asksHashes: boolean;
  /** What it says when the incident has none of these. */
  readonly nothing: string;
  /** An expression that makes lines of an answer, and the lists that it needs. */
  readonly lines: string;
}

const answer = (...path: readonly string[]): string => ["body('Ask')", ...path.map((name) => `['${name}']`)].join('?');
const joined = (list: string): string => `join(coalesce(${list}, ${NONE}), ', ')`;
const orElse = (value: string, other: string): string => `string(coalesce(${value}, '${other}'))`;
const subject = (name: string): string => `items('For_each')?['${name}']`;
const ifNot = (condition: string, then: string, otherwise = "''"): string => `if(${condition}, ${otherwise}, ${then})`;
const listed = (label: string, list: string): string =>
  ifNot(`empty(${list})`, `concat(${LINE}, '- ${label}: ', ${joined(list)})`);

const OPEN = `if(equals(${answer('vulnerabilities')}, null), concat(${LINE}, '- open vulnerabilities could not be read'), if(equals(${answer('vulnerabilities', 'hosts')}, 0), concat(${LINE}, '- no report of the last 30 days names this host: nothing is known of its vulnerabilities'), concat(${LINE}, '- ', ${orElse(answer('vulnerabilities', 'open'), '')}, ' open vulnerabilities on ', ${orElse(answer('vulnerabilities', 'hosts'), '')}, ' host(s), last report ', ${orElse(answer('vulnerabilities', 'lastReport'), 'unknown')}, if(empty(body('Severities')), '', concat('; ', join(body('Severities'), ', '))), if(empty(body('Worst')), '', concat(${LINE}, join(body('Worst'), ${LINE}))))))`;

const EVENTS = `concat(${LINE}, '- ', if(equals(${answer('events')}, null), 'events could not be read', concat(${orElse(answer('events', 'total'), 'an unknown number of')}, ' events that Qualys processed from ', ${orElse(answer('from'), '')}, ' to ', ${orElse(answer('to'), '')})), if(equals(${answer('summary', 'highestScore')}, null), '', concat('; highest score ', ${orElse(answer('summary', 'highestScore'), '')})), if(equals(${answer('summary', 'verdict')}, null), '', concat('; verdict ', ${orElse(answer('summary', 'verdict'), '')})), ${['families', 'threats', 'hosts', 'users'].map((name) => listed(name, answer('summary', name))).join(', ')})`;

const PLAYBOOKS: Readonly<Record<string, Playbook>> = {
  'enrich-incident': {
    title: 'Qualys: what is known of the hosts and files of this incident',
    asksHashes: true,
    nothing: 'The incident names no host, SHA-256 or MD5: nothing was looked up.',
    lines: `concat(${EVENTS}, if(equals(${subject('kind')}, 'host'), ${OPEN}, ''))`,
  },
  'host-vulnerabilities': {
    title: 'Qualys: open vulnerabilities of the hosts of this incident',
    asksHashes: false,
    nothing: 'The incident names no host: nothing was looked up.',
    lines: OPEN,
  },
};

/** The workflow definitions, by the names of their files. */
export function buildPlaybooks(): Readonly<Record<string, JsonObject>> {
  return Object.fromEntries(Object.entries(PLAYBOOKS).map(([name, playbook]) => [name, buildWorkflow(playbook)]));
}

function buildWorkflow(playbook: Playbook): JsonObject {
  return {
    $schema: SCHEMA,
    contentVersion: '1.0.0.0',
    parameters: {
      $connections: { type: 'Object', defaultValue: {} },
      appUrl: { type: 'String' },
      functionKeySecretUri: { type: 'String' },
      keyVaultAudience: { type: 'String' },
    },
    triggers: {
      Microsoft_Sentinel_incident: {
        type: 'ApiConnectionWebhook',
        inputs: {
          host: { connection: CONNECTION },
          body: { callback_url: '@{listCallbackUrl()}' },
          path: '/incident-creation',
        },
      },
    },
    actions: { ...findSubjects(playbook), For_each: askEach(playbook), ...addComment(playbook) },
    outputs: {},
  };
}

/** Hosts and hashes among the entities, each once, and the key to ask for them. Their fields are those of the entities of Sentinel's REST API. */
function findSubjects({ asksHashes }: Playbook): JsonObject {
  const property = (name: string): string => `item()?['properties']?['${name}']`;
  const hostName = `coalesce(${property('hostName')}, ${property('netBiosName')}, '')`;
  const domain = `coalesce(${property('dnsDomain')}, '')`;
  const host = `if(or(empty(${domain}), contains(${hostName}, '.')), ${hostName}, concat(${hostName}, '.', ${domain}))`;
  const hash = `coalesce(${property('hashValue')}, '')`;
  const kind = `if(equals(length(${hash}), 64), 'sha256', if(equals(length(${hash}), 32), 'md5', 'other'))`;
  const known = "@and(not(empty(item()?['value'])), not(equals(item()?['kind'], 'other')))";
  return {
    Text: {
      type: 'InitializeVariable',
      inputs: { variables: [{ name: 'Text', type: 'string', value: '' }] },
      runAfter: {},
    },
    Hosts: query(`@${ENTITIES}`, "@equals(item()?['kind'], 'Host')", 'Text'),
    Host_names: select("@body('Hosts')", { kind: 'host', value: `@${host}` }, 'Hosts'),
    Hashes: query(asksHashes ? `@${ENTITIES}` : `@${NONE}`, "@equals(item()?['kind'], 'FileHash')", 'Host_names'),
    Hash_values: select("@body('Hashes')", { kind: `@${kind}`, value: `@toLower(${hash})` }, 'Hashes'),
    Subjects: query("@union(body('Host_names'), body('Hash_values'))", known, 'Hash_values'),
    Function_key: {
      type: 'Http',
      inputs: {
        method: 'GET',
        uri: "@concat(parameters('functionKeySecretUri'), '?api-version=7.4')",
        authentication: { type: 'ManagedServiceIdentity', audience: "@parameters('keyVaultAudience')" },
      },
      runtimeConfiguration: { secureData: { properties: ['outputs'] } },
      runAfter: { Subjects: ['Succeeded'] },
    },
  };
}

function askEach({ lines }: Playbook): JsonObject {
  const severity = "@concat(string(item()?['count']), ' of severity ', string(item()?['severity']))";
  const finding = `@concat('-- QID ', string(item()?['qid']), ' ', ${orElse("item()?['title']", '(title unknown)')}, ': severity ', ${orElse("item()?['severity']", 'unknown')}, ', QDS ', ${orElse("item()?['qds']", 'none')}, ', ', ${orElse("item()?['status']", 'status unknown')}, if(equals(item()?['port'], null), '', concat(', port ', ${orElse("item()?['port']", '')})), ', found first ', ${orElse("item()?['firstFound']", 'unknown')}, if(empty(item()?['cves']), '', concat(', ', join(coalesce(item()?['cves'], ${NONE}), ' '))))`;
  const gap = "@concat(item()?['what'], ' (', item()?['reason'], ')')";
  const fault = "@concat(item()?['part'], ' from ', item()?['source'], ': ', item()?['message'])";
  const list = (...path: readonly string[]): string => `@coalesce(${answer(...path)}, ${NONE})`;
  const head = `${LINE}, ${LINE}, ${subject('kind')}, ' ', ${subject('value')}`;
  const missing = `${listed('not searched', "body('Gaps')")}, ${listed('failed', "body('Faults')")}`;
  return {
    type: 'Foreach',
    foreach: `@take(body('Subjects'), ${MOST_SUBJECTS})`,
    runtimeConfiguration: { concurrency: { repetitions: 1 } },
    actions: {
      Ask: {
        type: 'Http',
        inputs: {
          method: 'GET',
          uri: `@concat(parameters('appUrl'), '/api/enrich?', ${subject('kind')}, '=', encodeUriComponent(${subject('value')}))`,
          headers: { 'x-functions-key': "@body('Function_key')?['value']" },
        },
        runtimeConfiguration: { secureData: { properties: ['inputs'] } },
        runAfter: {},
      },
      If_answered: {
        type: 'If',
        expression: { equals: ["@outputs('Ask')?['statusCode']", 200] },
        actions: {
          Severities: select(list('vulnerabilities', 'bySeverity'), severity),
          Worst: select(list('vulnerabilities', 'worst'), finding, 'Severities'),
          Gaps: select(list('notSearched'), gap, 'Worst'),
          Faults: select(list('errors'), fault, 'Gaps'),
          Append_answer: append(`@concat(${head}, ${lines}, ${missing})`, { Faults: ['Succeeded'] }),
        },
        else: {
          actions: {
            Append_failure: append(
              `@concat(${head}, ${LINE}, '- could not be looked up: HTTP ', ${orElse("outputs('Ask')?['statusCode']", '(no answer)')}, ' ', take(string(coalesce(body('Ask'), '')), 500))`,
            ),
          },
        },
        runAfter: { Ask: ['Succeeded', 'Failed', 'TimedOut'] },
      },
    },
    runAfter: { Function_key: ['Succeeded'] },
  };
}

/** The comment comes whatever happened before, and says so. Texts of files and events are hostile: no markup of theirs gets into it. */
function addComment({ title, nothing }: Playbook): JsonObject {
  const subjects = "coalesce(body('Subjects'), json('[]'))";
  const more = `if(greater(length(${subjects}), ${MOST_SUBJECTS}), concat(${LINE}, ${LINE}, string(sub(length(${subjects}), ${MOST_SUBJECTS})), ' more were not looked up: ${MOST_SUBJECTS} are at most.'), '')`;
  const noKey = "not(equals(actions('Function_key')?['status'], 'Succeeded'))";
  const why = `if(${noKey}, 'The function key could not be read from Key Vault', 'The playbook ended early')`;
  const failed = `concat(${LINE}, ${LINE}, ${why}, ': its run history tells more.')`;
  const found = `if(empty(${subjects}), concat(${LINE}, '${nothing}'), concat(${more}, variables('Text')))`;
  // What the comment lacks stands before what it has, which may be cut.
  const text = `concat('${title}', if(equals(actions('For_each')?['status'], 'Succeeded'), ${found}, concat(${failed}, variables('Text'))))`;
  const plain = `replace(replace(${text}, '<', '‹'), '[', '(')`;
  const cut = `concat(take(outputs('Message'), ${CUT_AT}), '<br>… cut here: a comment holds ${MOST_COMMENT} characters.')`;
  return {
    Message: { type: 'Compose', inputs: `@replace(${plain}, ${LINE}, '<br>')`, runAfter: { For_each: ENDED } },
    Add_comment: {
      type: 'ApiConnection',
      inputs: {
        host: { connection: CONNECTION },
        method: 'post',
        path: '/Incidents/Comment',
        body: {
          incidentArmId: "@triggerBody()?['object']?['id']",
          message: `@concat('<p>', if(greater(length(outputs('Message')), ${CUT_AT}), ${cut}, outputs('Message')), '</p>')`,
        },
      },
      runAfter: { Message: ['Succeeded'] },
    },
  };
}

function query(from: string, where: string, after: string): JsonObject {
  return { type: 'Query', inputs: { from, where }, runAfter: { [after]: ['Succeeded'] } };
}

function select(from: string, each: unknown, after?: string): JsonObject {
  return {
    type: 'Select',
    inputs: { from, select: each },
    runAfter: after === undefined ? {} : { [after]: ['Succeeded'] },
  };
}

function append(value: string, runAfter: JsonObject = {}): JsonObject {
  return { type: 'AppendToStringVariable', inputs: { name: 'Text', value }, runAfter };
}
