import { OPEN_MS } from './card-text.ts';
import { type Door, driven, forget, levelOf, levelsText, present, type Scene, untilLevel } from './doors.ts';
import { untilHealthy } from './times.ts';

/** A process, or the whole kernel, dies while a door is open. */

/** How the pins process is run: by a program of C on GPIO v2, or by onoff on sysfs. */
export type Pins = 'c' | 'onoff';

const NODE = 'blockmesh-node.service';
const PINS_UNIT = { c: 'blockmesh-pins.service', onoff: 'onoff-pins.service' } as const;
/** What a kernel makes of a line whose process was killed in mid-pulse: one gives it back, the other keeps it. */
const LEFT = { c: 'low', onoff: 'high' } as const;

/** Lets a card in, and does `command` on the board while the door is open. @returns what it says. */
async function inMidPulse(scene: Scene, door: Door, command: string): Promise<string> {
  await forget(scene.shell);
  await present(scene, door);
  return await scene.shell.run(`${untilLevel(door, 'high')} && ${command}`);
}

function killOf(unit: string): string {
  return `pid=$(systemctl show --value -p MainPID ${unit}); kill -9 $pid; cut -d ' ' -f 1 /proc/uptime`;
}

/** Waits until the unit's process is another one and systemd calls it active. */
function untilBack(unit: string): string {
  return `n=0; until [ "$(systemctl is-active ${unit})" = active ] && [ "$(systemctl show --value -p MainPID ${unit})" != $pid ]; do sleep 0.2; n=$((n+1)); [ $n -lt 1000 ] || exit 1; done`;
}

/** What the log of the node's unit says since this start, in which `words` are; empty for none. */
function logged(words: string): string {
  return `n=0; until journalctl -b --no-pager -o cat -u ${NODE} | grep '${words}'; do sleep 1; n=$((n+1)); [ $n -lt 60 ] || break; done`;
}

/** The pins process ends the pulse by itself, and the next node tells of it. */
export async function nodeKilled(scene: Scene): Promise<void> {
  const { shell, report } = scene;
  const killed = Number(await inMidPulse(scene, 'front', killOf(NODE)));
  await shell.run(untilLevel('front', 'low'));
  const [on, off] = await driven(shell, 'front');
  report.ok(
    off !== undefined && on !== undefined && off.at > killed,
    'kill -9 of the node in mid-pulse: the door closes without it',
  );
  report.ok((off?.at ?? 0) - (on?.at ?? 0) >= OPEN_MS.front / 1000 - 1e-6, 'after its whole time');
  await shell.run(`pid=0; ${untilBack(NODE)}`);
  await untilHealthy(shell);
  const told = await shell.run(logged('pulse interrupted: its node died\\|pulse without a fact, recovered'));
  report.ok(told !== '', 'the next node tells of the pulse');
}

export async function pinsKilled(scene: Scene, pins: Pins): Promise<void> {
  const { shell, report } = scene;
  const unit = PINS_UNIT[pins];
  const said = await inMidPulse(scene, 'front', `${killOf(unit)}; ${untilBack(unit)}`);
  const killed = Number(said.split('\n')[0]);
  await shell.run(untilLevel('front', 'low'));
  const levels = await driven(shell, 'front');
  const [before, after] = [levels.filter(({ at }) => at < killed), levels.filter(({ at }) => at >= killed)];
  report.ok(
    before.at(-1)?.level === 'high' && after.length === 1 && after[0]?.level === 'low',
    `kill -9 of the pins process (${pins}) in mid-pulse: the next one drives the line low first (${LEFT[pins]} between): ${levelsText(levels)}, killed before ${killed} s`,
  );
  const told = await shell.run(logged('pulse interrupted: its pins process died'));
  report.ok(told !== '', 'the node tells that the pulse was interrupted');
}

/**
 * The kernel crashes while a door is open; the board comes back by itself.
 * @returns the block that let somebody in, once the next kernel was started.
 */
export async function crash(scene: Scene): Promise<string> {
  const { board, shell, report } = scene;
  await present(scene, 'side');
  await shell.run(untilLevel('side', 'high'));
  const last = 'blockmesh log --json --kind granted --last 1';
  const said = await shell.run(`n=0; until ${last} | grep '"door":"side"'; do n=$((n+1)); [ $n -lt 5 ] || break; done`);
  report.ok((await levelOf(shell, 'side')) === 'high', 'door side is open as the kernel crashes');
  const before = board.starts;
  shell.tell('echo c >/proc/sysrq-trigger');
  await board.started(before + 1);
  report.ok(true, 'the board starts again by itself');
  shell.close();
  return said;
}

/** The same, at once, and whatever the ledger says of it. */
export async function crashAtOnce({ board, shell, report }: Scene): Promise<void> {
  const before = board.starts;
  const from = board.power.lines.length;
  shell.tell(`${untilLevel('front', 'high')} && echo c >/proc/sysrq-trigger`);
  await board.badge();
  // The kernel's own word: what a process writes to the console just before is lost with the kernel.
  await board.said(/sysrq: Trigger a crash/, from);
  await board.started(before + 1);
  report.ok(true, 'the kernel crashes while door front is open, and the board starts again by itself');
  shell.close();
}

/** After a crash: what was acknowledged before it is there, and the ledger is whole. */
export async function crashSurvived({ shell, report }: Pick<Scene, 'shell' | 'report'>, row: string): Promise<void> {
  const log = await shell.run('blockmesh log --json --kind granted --last 20');
  report.ok(row !== '' && log.includes(row), 'that somebody was let in stands in the ledger');
  const { code, text } = await shell.try('blockmesh verify');
  report.ok(code === 0, `verify: ${text.split('\n').at(-1)}`);
}

/**
 * Puts onoff in the place of the program of C until the next start: it knows no names of lines and no Wiegand readers,
 * and sysfs is root's.
 */
export async function useOnoff({ shell }: Pick<Scene, 'shell'>): Promise<void> {
  const options = '/run/onoff.options';
  const program = '/usr/lib/blockmesh/blockmesh-pins-onoff.mjs';
  await shell.run(`grep -v '^--wiegand' /run/blockmesh/pins.options >${options}`);
  await shell.run('systemctl mask --runtime --now blockmesh-pins.service');
  await shell.run(
    `systemd-run --quiet --unit ${PINS_UNIT.onoff} -p Group=blockmesh-pins -p UMask=0007 -p Restart=always -p RestartSec=100ms ` +
      `/usr/lib/blockmesh/node ${program} --socket /run/blockmesh/pins.sock --options ${options}`,
  );
  await shell.run(
    'n=0; until [ -S /run/blockmesh/pins.sock ]; do sleep 0.5; n=$((n+1)); [ $n -lt 200 ] || exit 1; done',
  );
  await shell.run(logged('pins process connected'));
}
