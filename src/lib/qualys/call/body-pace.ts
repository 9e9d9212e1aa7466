/** How long a body may take, in milliseconds of waiting for the vendor; what its reader does meanwhile does not count. */
export interface PaceLimits {
  /** For its first byte. */
  readonly firstPartMs: number;
  /** Between two parts. */
  readonly idleTimeoutMs: number;
  /** For all of it; 15 minutes when left out. */
  readonly bodyTimeoutMs?: number;
}

/** What to do about the next part of a body. */
export interface NextPart {
  /** 0 where even a part that is there already comes too late. */
  readonly limitMs: number;
  /** What happened when it has not come by then. */
  readonly late: string;
}

/** Follows how a body comes in. */
export interface BodyPace {
  readonly next: () => NextPart;
  /** A part came after this wait. */
  readonly note: (waitedMs: number, bytes: number) => void;
}

/**
 * A body that trickles would hold its permit and its window until the host ends the process. Less than this in two idle limits is no flow:
 * 17 bytes a second of the VM API, where a page of any use would take days.
 */
const LEAST_BYTES = 4096;
const IDLE_LIMITS = 2;
/** With the wait for the first byte an invocation still ends well before the host's 30 minutes, which would end the whole process. */
const BODY_TIMEOUT_MS = 15 * 60_000;

/** Follows a body: its parts must come in time, it must not trickle, and all of it must have come at last, be it large and flowing. */
export function followPace({ firstPartMs, idleTimeoutMs, bodyTimeoutMs = BODY_TIMEOUT_MS }: PaceLimits): BodyPace {
  const stretchMs = IDLE_LIMITS * idleTimeoutMs;
  let hasBegun = false;
  let received = 0;
  let waitedMs = 0;
  /** Since this much had come last. */
  let stretch = { bytes: 0, waitedMs: 0 };
  return {
    next: () => {
      if (!hasBegun) return stopped(Math.max(firstPartMs, idleTimeoutMs), 'after the headers of an answer');
      const limits = [
        stopped(idleTimeoutMs, 'in the middle of an answer'),
        {
          limitMs: stretchMs - stretch.waitedMs,
          late: `sent only ${stretch.bytes} bytes in ${seconds(stretchMs)} in the middle of an answer`,
        },
        {
          limitMs: bodyTimeoutMs - waitedMs,
          late: `was still sending an answer after ${seconds(bodyTimeoutMs)}, ${received} bytes so far: smaller pages (VM_TRUNCATION_LIMIT, EDR_PAGE_SIZE) end sooner`,
        },
      ];
      const { limitMs, late } = limits.reduce((first, other) => (other.limitMs < first.limitMs ? other : first));
      return { limitMs: Math.max(0, limitMs), late };
    },
    note: (partMs, bytes) => {
      const isFirst = !hasBegun;
      hasBegun = true;
      received += bytes;
      if (isFirst) return;
      waitedMs += partMs;
      stretch = { bytes: stretch.bytes + bytes, waitedMs: stretch.waitedMs + partMs };
      if (stretch.bytes >= LEAST_BYTES) stretch = { bytes: 0, waitedMs: 0 };
    },
  };
}

function stopped(limitMs: number, where: string): NextPart {
  return { limitMs, late: `stopped sending for ${seconds(limitMs)} ${where}` };
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
