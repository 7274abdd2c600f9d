import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { BOOT_BOARDS } from '../../image/boot/boards.ts';
import type { SlotState } from '../../image/boot/slot-state.ts';
import { builtOnce, treeKey } from '../machine/built.ts';
import { RELEASE } from '../machine/release.ts';
import { partOf, type TestBoard } from './boot-boards.ts';
import { type BootCase, newestState } from './boot-cases.ts';
import { makeBootDisk } from './boot-disk.ts';
import { type Life, live } from './boot-life.ts';

/** Starts a board from a card to which something was done, and says what came of it. */

const SOURCES = [
  'image/boot/*.*',
  'image/initramfs/*',
  'image/rootfs/usr/lib/blockmesh/slot-state',
  'hw/overlays/*/*.dts',
  'test/image/boot-{boards,disk}.ts',
  'test/image/boot-root/init',
];

export interface Outcome extends Life {
  readonly state: SlotState | undefined;
  /** Empty when all was as the case has it. */
  readonly faults: readonly string[];
}

/** The card of this tree for a board, made once. */
export async function buildCard(board: TestBoard): Promise<string> {
  const build = join(RELEASE, 'build/boot-test', board.name);
  mkdirSync(build, { recursive: true });
  const files = globSync(SOURCES, { cwd: RELEASE }).sort();
  const key = treeKey(partOf(board, 'usr/lib/modules/*/vmlinuz'), files);
  const folder = await builtOnce(build, key, async (draft) => {
    makeBootDisk(board, join(draft, 'scratch'), join(draft, 'card.img'));
  });
  return join(folder, 'card.img');
}

/** What a result is of: the card, and what is done to it and expected. Results of others are none of this one. */
export function caseKey(card: string, one: BootCase): string {
  const text = JSON.stringify({ ...one, prepare: one.prepare.toString() });
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return `${/machine-(\w+)/.exec(card)?.[1]}-${hash}`;
}

export function canRun(board: TestBoard, { needs }: BootCase): boolean {
  if (needs === 'overlays') return BOOT_BOARDS[board.name]?.overlays !== undefined;
  return needs === undefined || board.watchdog !== undefined;
}

export async function runCase(board: TestBoard, card: string, one: BootCase): Promise<Outcome> {
  const disk = `${card}.${process.pid}`;
  execFileSync('cp', ['--sparse=always', card, disk]);
  try {
    one.prepare(disk);
    const extra = one.needs === 'watchdog' ? (board.watchdog ?? []) : [];
    const machine = { ...board.machine, arguments: [...board.machine.arguments, ...extra] };
    const life = await live(machine, disk, one.end);
    const state = newestState(disk);
    return { ...life, state, faults: faultsOf(one, life, state) };
  } finally {
    rmSync(disk);
    rmSync(`${disk}.file`, { force: true });
  }
}

function faultsOf(one: BootCase, life: Life, state: SlotState | undefined): readonly string[] {
  const faults: string[] = [];
  if (!isDeepStrictEqual([...life.words], [...one.words])) {
    faults.push(`it said   ${life.words.join(', ')}`, `and not   ${one.words.join(', ')}`);
  }
  for (const [name, value] of Object.entries(one.state)) {
    const is = state?.[name as keyof SlotState];
    if (is !== value) faults.push(`${name} is ${is} in the end, and not ${value}`);
  }
  return faults;
}
