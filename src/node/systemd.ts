import { execa } from 'execa';
import { HEALTH_LOOK_MS, SUPERVISOR_STATUS_CHARS_MAX, SUPERVISOR_TELL_MS_MAX } from '../base/limits.ts';
import type { LifeSigns, Supervisor } from '../base/ports.ts';
import type { Log } from '../sandbox/log.ts';

/** What systemd sets for a service of `Type=notify`: sd_notify(3) and sd_watchdog_enabled(3). */
export interface SystemdVariables {
  readonly NOTIFY_SOCKET?: string | undefined;
  readonly WATCHDOG_USEC?: string | undefined;
  readonly WATCHDOG_PID?: string | undefined;
}

const US_PER_MS = 1_000;
/** Signs in the time after which systemd gives a service up: two may be lost on their way. */
const SIGNS_PER_WAIT = 4;
const STATES = { ready: 'READY=1', stopping: 'STOPPING=1' } as const;

/**
 * systemd, where it has started this very process. A datagram of Unix is nothing that Node can send, so each sign takes
 * a short-lived `systemd-notify`. It waits until systemd has read the sign (no `--no-block`): a process that has gone by
 * then cannot be told from a stranger, and its word would be lost.
 */
export function systemdSupervisor(variables: SystemdVariables, log: Log): Supervisor {
  const { NOTIFY_SOCKET = '', WATCHDOG_USEC, WATCHDOG_PID } = variables;
  if (NOTIFY_SOCKET === '') return { everyMs: null, tell: async () => {} };
  const isForUs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === process.pid;
  const waitMs = isForUs ? Number(WATCHDOG_USEC) / US_PER_MS : Number.NaN;
  let isDeaf = false;
  return {
    everyMs: waitMs > 0 ? Math.ceil(waitMs / SIGNS_PER_WAIT) : HEALTH_LOOK_MS,
    async tell(signs) {
      const { failed, stderr, message } = await execa('systemd-notify', wordsOf(signs), {
        env: { NOTIFY_SOCKET },
        timeout: SUPERVISOR_TELL_MS_MAX,
        killSignal: 'SIGKILL',
        maxBuffer: SUPERVISOR_STATUS_CHARS_MAX,
        stdin: 'ignore',
        stdout: 'ignore',
        reject: false,
      });
      if (failed && !isDeaf) {
        log.warn({ code: 'supervisor_deaf' }, `systemd was not told how this node is: ${stderr || message}`);
      }
      isDeaf = failed;
    },
  };
}

function wordsOf({ state, isWell, moreMs, status }: LifeSigns): readonly string[] {
  return [
    ...(state === undefined ? [] : [STATES[state]]),
    ...(isWell === true ? ['WATCHDOG=1'] : []),
    ...(moreMs === undefined ? [] : [`EXTEND_TIMEOUT_USEC=${moreMs * US_PER_MS}`]),
    ...(status === undefined ? [] : [`STATUS=${status.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, ' ')}`]),
  ];
}
