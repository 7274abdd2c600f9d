import type { RunningBoard } from './running.ts';
import type { Shell } from './shell.ts';

/** How long a board took: seconds by its own clock, since power-on, or since its kernel was started. */
export interface StartTimes {
  readonly kernel: number;
  readonly userland: number;
  readonly pins: number;
  readonly node: number;
  /** The readers are open too: from now on a card opens. */
  readonly door: number;
}

const NODE = 'blockmesh-node.service';
/** Of the shell's loop on the board, in s. */
const HEALTHY_S_MAX = 540;
const US_PER_S = 1e6;

/** Waits until systemd calls the node active, which the node's own word makes it: it is healthy. */
export async function untilHealthy(shell: Shell): Promise<void> {
  const { code } = await shell.try(
    `n=0; until [ "$(systemctl is-active ${NODE})" = active ]; do sleep 1; n=$((n+1)); [ $n -lt ${HEALTHY_S_MAX} ] || exit 1; done`,
  );
  if (code === 0) return;
  throw new Error(`the node does not become healthy:\n${await shell.run(`journalctl -b -n 60 --no-pager -u ${NODE}`)}`);
}

/**
 * From power-on until the kernel's own count began. The machine's clock began with it, in whole seconds: the moment is
 * awaited at which it goes on by one. NaN for a machine without one.
 */
async function kernelSeconds(board: RunningBoard, shell: Shell): Promise<number> {
  const clock = '/sys/class/rtc/rtc0/since_epoch';
  const wait = `a=$(cat ${clock}); until [ "$(cat ${clock})" != "$a" ]; do :; done; cat ${clock}; cut -d ' ' -f 1 /proc/uptime`;
  const { code, text } = await shell.try(`[ -e ${clock} ] && { ${wait}; }`);
  if (code !== 0) return Number.NaN;
  const [rtc = Number.NaN, uptime = Number.NaN] = text.split('\n').map(Number);
  return rtc - board.clockBaseS - uptime;
}

/** Of a board whose node is healthy and whose readers are open. */
export async function startTimes(board: RunningBoard, shell: Shell): Promise<StartTimes> {
  const log = await untilOpen(shell);
  const shown = async (property: string, unit = '') =>
    Number(await shell.run(`systemctl show --value -p ${property} ${unit}`)) / US_PER_S;
  // A start after another one began at a moment that nobody has written down.
  const known = board.starts === 1 ? await kernelSeconds(board, shell) : Number.NaN;
  const kernel = Number.isNaN(known) ? 0 : known;
  const node = await shown('ActiveEnterTimestampMonotonic', NODE);
  const opened = [...log.matchAll(/^\[ *([\d.]+)\].*"reader open"/gm)].map(([, seconds]) => Number(seconds));
  return {
    kernel,
    userland: kernel + (await shown('UserspaceTimestampMonotonic')),
    pins: kernel + (await shown('ActiveEnterTimestampMonotonic', 'blockmesh-pins.service')),
    node: kernel + node,
    door: kernel + Math.max(node, ...opened),
  };
}

const READERS = 2;

/** What the node has said once both readers are open. */
async function untilOpen(shell: Shell): Promise<string> {
  const log = `journalctl -b --no-pager -o short-monotonic -u ${NODE}`;
  return await shell.run(
    `n=0; until [ "$(${log} | grep -c '"reader open"')" -ge ${READERS} ]; do sleep 1; n=$((n+1)); [ $n -lt 60 ] || break; done; ${log}`,
  );
}

export function timesText(times: StartTimes): string {
  const { kernel, ...rest } = times;
  const since = kernel === 0 ? 'since its kernel was started: ' : `since power-on: kernel ${kernel.toFixed(1)} s, `;
  const told = Object.entries(rest).map(([what, seconds]) => `${what} ${seconds.toFixed(1)} s`);
  return `${since}${told.join(', ')}`;
}
