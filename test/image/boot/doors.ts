import { levelsIn } from '../../pins-guest/kernel-trace.ts';
import { CARD_BITS, OPEN_MS } from './card-text.ts';
import { KIT, LINE } from './kit.ts';
import type { RunningBoard } from './running.ts';
import type { Shell } from './shell.ts';

/** What the doors of a board do, by the kernel's word on its lines. */

export type Door = keyof typeof LINE;

/** A second of the board lies between two looks. */
const OPENED_LOOKS_MAX = 300;

/** Somebody who wants to know what was shown: a run on a terminal, or a test. */
export interface Report {
  ok(isSo: boolean, what: string): void;
  say(text: string): void;
}

export interface Scene {
  readonly board: RunningBoard;
  readonly shell: Shell;
  readonly report: Report;
}

export interface Level {
  /** Seconds since the kernel was started. */
  readonly at: number;
  readonly level: 'high' | 'low';
  readonly pid: number;
}

/** What of the strike was driven since the trace was last cleared, levels that are no change left out. */
export async function driven(shell: Shell, door: Door): Promise<readonly Level[]> {
  const base = Number(await shell.run(`${KIT} base`));
  const text = await shell.run('cat /sys/kernel/tracing/trace');
  return levelsIn(text)
    .filter(({ line }) => line === base + LINE[door])
    .map(({ ns, level, pid }) => ({ at: Number(ns) / 1e9, level, pid }))
    .filter(({ level }, at, all) => level !== all[at - 1]?.level);
}

export function levelsText(levels: readonly Level[]): string {
  return levels.map(({ level, at }) => `${level} at ${at.toFixed(3)} s`).join(', ');
}

export async function forget(shell: Shell): Promise<void> {
  await shell.run('echo >/sys/kernel/tracing/trace');
}

export async function levelOf(shell: Shell, door: Door): Promise<'high' | 'low'> {
  return (await shell.run(`${KIT} level ${LINE[door]}`)) === '1' ? 'high' : 'low';
}

export function untilLevel(door: Door, level: 'high' | 'low'): string {
  return `${KIT} wait ${LINE[door]} ${level === 'high' ? 1 : 0}`;
}

/** Holds a card to the reader of a door. */
export async function present({ board, shell }: Scene, door: Door): Promise<void> {
  if (door === 'front') await board.badge();
  else await shell.run(`${KIT} wiegand ${CARD_BITS}`);
}

/** Whether the strike has been driven high since the trace was last cleared, however shortly, or is before long. */
async function isOpened(shell: Shell, door: Door): Promise<boolean> {
  for (let looks = 0; looks < OPENED_LOOKS_MAX; looks += 1) {
    if ((await driven(shell, door)).some(({ level }) => level === 'high')) return true;
    await shell.run('sleep 1');
  }
  return false;
}

/** A card opens the door for its time, and not for less. */
export async function opens(scene: Scene, door: Door, what: string): Promise<void> {
  const { shell, report } = scene;
  await forget(shell);
  await present(scene, door);
  // Not by its level: on a busy machine the door may have shut again before anybody looks.
  const hasOpened = await isOpened(shell, door);
  report.ok(hasOpened, `${what} opens door ${door}`);
  if (!hasOpened) return;
  await shell.run(untilLevel(door, 'low'));
  const [on, off] = await driven(shell, door);
  const seconds = (off?.at ?? 0) - (on?.at ?? 0);
  // The kernel's times are rounded down to microseconds.
  report.ok(
    on?.level === 'high' && seconds >= OPEN_MS[door] / 1000 - 1e-6,
    `for its ${OPEN_MS[door] / 1000} s: ${seconds.toFixed(3)} s`,
  );
}

/** From the claim until somebody is let in: outside, the wires are pulled to where the loads would be on. */
export async function safeSinceClaim({ shell, report }: Scene): Promise<void> {
  for (const door of ['front', 'side'] as const) {
    const levels = await driven(shell, door);
    report.ok(
      levels.length === 1 && levels[0]?.level === 'low',
      `door ${door}: low from the claim on, and never driven high: ${levelsText(levels)}`,
    );
    report.ok((await levelOf(shell, door)) === 'low', `door ${door}: the line is low although it is pulled up`);
    await shell.run(`${KIT} pull ${LINE[door]} down`);
  }
}
