/*
 * Microsoft's Qualys VM solution reads the table through a parser: it expands `DetectionList.DETECTION`, one object a detection, reads members by
 * the vendor's element names as text, and RESULTS under `#cdata-section`. The queries here are our own.
 */

/** One row a detection, as the solution reads our table. Its older version took the members of an array only. */
export const MICROSOFT_READING = `
QualysHostDetectionV3_CL
| mv-expand Found = DetectionList.DETECTION to typeof(dynamic)
| extend
    Id = column_ifexists('Id', ''),
    HostTags = column_ifexists('HostTags', ''),
    TimeGenerated = column_ifexists('TimeGenerated', ''),
    LastScanDateTime = column_ifexists('LastScanDateTime', ''),
    QID = tostring(Found.QID),
    SSL = tostring(Found.SSL),
    Type = tostring(Found.TYPE),
    Status = tostring(Found.STATUS),
    Severity = tostring(Found.SEVERITY),
    Ignored = tostring(Found.IS_IGNORED),
    Disabled = tostring(Found.IS_DISABLED),
    TimesFound = tostring(Found.TIMES_FOUND),
    LastFixed = todatetime(Found.LAST_FIXED_DATETIME),
    LastFound = todatetime(Found.LAST_FOUND_DATETIME),
    FirstFound = todatetime(Found.FIRST_FOUND_DATETIME),
    LastUpdate = todatetime(Found.LAST_UPDATE_DATETIME),
    Results_0 = tostring(Found.RESULTS['#cdata-section'])
`;

/** Queries in the manner of the solution's rules and workbook. */
export const MICROSOFT_USES: Record<string, string> = {
  'many-urgent': `${MICROSOFT_READING}
    | where Severity == "5"
    | summarize StartTime = min(TimeGenerated), EndTime = max(TimeGenerated), count() by NetBios, IPAddress
    | where count_ >= 10`,
  'new-on-many-hosts': `${MICROSOFT_READING}
    | where Status == "New" and Severity == "5"
    | summarize dcount(NetBios) by QID
    | where dcount_NetBios >= 10`,
  'over-time': `${MICROSOFT_READING} | summarize count() by bin(TimeGenerated, 1h), Severity`,
  'open-by-system': `${MICROSOFT_READING} | where Status in ("New", "Re-Opened") | summarize dcount(QID) by OperatingSystem, DnsName, IPAddress`,
};
