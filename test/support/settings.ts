/** The least that makes settings valid: what has no default. */
export const LEAST_SETTINGS: Readonly<Record<string, string>> = {
  QUALYS_USERNAME: 'reader',
  QUALYS_PASSWORD: 'hunter2-secret',
  QUALYS_API_URL: 'https://qualysapi.qg2.apps.qualys.com',
  LOGS_INGESTION_ENDPOINT: 'https://dce.example.com',
  LOGS_INGESTION_RULE_ID: 'dcr-0123',
  AzureWebJobsStorage: 'AccountName=a;AccountKey=storage-secret;',
};
