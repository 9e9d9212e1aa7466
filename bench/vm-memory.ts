/** Decodes one generated page and prints the peak resident memory of this process: `node bench/vm-memory.ts HOSTS DETECTIONS_PER_HOST`. */
import { sendVmPage } from './vm-send.ts';
import { vmPage } from './vm-page.ts';

const [hosts = 10, detectionsPerHost = 10] = process.argv.slice(2).map(Number);
const { bytes, detections } = sendVmPage(vmPage({ hosts, detectionsPerHost }));
if (detections !== hosts * detectionsPerHost) throw new Error(`decoded ${detections} detections`);
console.log(JSON.stringify({ peakMb: process.resourceUsage().maxRSS / 1024, bytes }));
