"""Process of the bench: the way of vm-decode-rates.ts with lxml, bytes of a page to rows, JSON and gzip level 1. Prints megabytes of XML for each
second of processor time, run by run."""

import hashlib
import json
import sys
import time
import zlib

from lxml import etree

FIELD_BYTES = 59_983
CHUNK_BYTES = 950_000
COLUMNS = {
    "ID": "HostId",
    "IP": "IPAddress",
    "TRACKING_METHOD": "TrackingMethod",
    "OS": "OperatingSystem",
    "DNS": "DnsName",
    "NETBIOS": "NetBios",
    "QG_HOSTID": "QGHostId",
    "LAST_SCAN_DATETIME": "LastScanDateTime",
    "LAST_VM_SCANNED_DATE": "LastVMScannedDateTime",
    "LAST_VM_AUTH_SCANNED_DATE": "LastVMAuthScannedDateTime",
    "ASSET_ID": "AssetId",
    "NETWORK_ID": "NetworkId",
    "LAST_VM_SCANNED_DURATION": "LastVMScannedDuration",
}
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def value_of(element):
    """Microsoft's XML-to-JSON form."""
    text = element.text or ""
    if element.tag == "RESULTS":
        return {"#cdata-section": text}
    if not len(element) and not element.attrib:
        return text.strip()
    value = {f"@{name}": attribute for name, attribute in element.attrib.items()}
    if text.strip():
        value["#text"] = text.strip()
    for child in element.iterchildren(etree.Element):
        made = value_of(child)
        if child.tag not in value:
            value[child.tag] = made
        elif isinstance(value[child.tag], list):
            value[child.tag].append(made)
        else:
            value[child.tag] = [value[child.tag], made]
    return value


def rows_of(host):
    """Rows of a host, as many detections to each as fit a field."""
    row = {"TimeGenerated": "1970-01-01T00:00:00.000Z"}
    groups, size, rest = [[]], 0, {}
    for child in host.iterchildren(etree.Element):
        if child.tag in COLUMNS:
            row[COLUMNS[child.tag]] = child.text
        elif child.tag != "DETECTION_LIST":
            rest[child.tag] = value_of(child)
        else:
            for detection in child.iterchildren(etree.Element):
                text = encode(value_of(detection))
                length = len(text.encode()) + 1
                if size + length > FIELD_BYTES:
                    groups.append([])
                    size = 0
                groups[-1].append(text)
                size += length
    head = encode(row)[:-1]
    for number, group in enumerate(groups, 1):
        items = '{"DETECTION":[' + ",".join(group) + "]}"
        key = hashlib.sha256(f"{row['HostId']}\n{row['LastVMScannedDateTime']}\n{items}".encode()).hexdigest()[:32]
        more = f'"DetectionCount":{len(group)},"RowKey":"{key}-{number}","PartNumber":{number},"PartCount":{len(groups)}'
        yield f'{head},"DetectionList":{items},{more},"HostRecord":{encode(rest) if number == 1 else "null"}}}'.encode()


def send(page):
    """Bytes to chunks ready to send."""
    sent, chunk, size = 0, [], 0
    for _, host in etree.iterparse(page, tag="HOST", huge_tree=True):
        for row in rows_of(host):
            if size + len(row) + 2 > CHUNK_BYTES:
                sent += compressed(chunk)
                chunk, size = [], 0
            chunk.append(row)
            size += len(row) + 1
        host.clear()
        while host.getprevious() is not None:
            del host.getparent()[0]
    return sent + compressed(chunk)


def compressed(rows):
    gzip = zlib.compressobj(1, wbits=31)
    return len(gzip.compress(b"[" + b",".join(rows) + b"]") + gzip.flush())


def rate(path, megabytes):
    start = time.process_time()
    with open(path, "rb") as page:
        if send(page) == 0:
            raise ValueError("nothing came of it")
    return megabytes / (time.process_time() - start)


path, megabytes, runs = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
print(json.dumps([rate(path, megabytes) for _ in range(runs)]))
