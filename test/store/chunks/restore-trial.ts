import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENGINE_FLAGS } from '../../../src/cli/engine-flags.ts';
import { type Seeded, seeded } from '../../node/seeded.ts';
import { rsyncSays, statsOf } from '../../trees/trees.ts';

/** Restores by the command itself, killed or out of room, and then once more to the end. */

export type RestoreTrialKind = 'restore-kill' | 'restore-full';

export interface RestoreTrial {
  readonly kind: RestoreTrialKind;
  readonly seed: number;
  /** How each run but the last one ended. */
  readonly cut: readonly string[];
  readonly refused: readonly string[];
}

const MAIN = join(import.meta.dirname, '../../../src/cli/main.ts');
const KILLS_MAX = 3;
/** A killed run's helper may hold its draft for a moment longer. */
const RUNS_MAX = 100;
const RETRY_MS = 20;
/** Of a disk on which some of the tree has room, and not all. */
const DISK_KIB_MIN = 500;
const DISK_KIB_MAX = 2_500;

interface Ended {
  readonly status: number | null;
  readonly code: string | null;
  readonly tookMs: number;
}

/** @throws an Error that says what is not as it was; then the folder is left for whoever looks into it. */
export async function restoreTrial(kind: RestoreTrialKind, seed: number): Promise<RestoreTrial> {
  const folder = mkdtempSync(join(tmpdir(), 'bm-restore-'));
  const random = seeded(seed);
  const isFull = kind === 'restore-full';
  const [tree, store, disk] = [join(folder, 'tree'), join(folder, 'chunks.db'), join(folder, 'disk')];
  makeTree(tree, random);
  mkdirSync(disk);
  if (isFull)
    mount('-t', 'tmpfs', '-o', `size=${DISK_KIB_MIN + random(DISK_KIB_MAX - DISK_KIB_MIN)}k`, 'bm-restore', disk);
  try {
    run('store', 'init', store);
    run('snapshot', 'create', tree, '--name', 'tree', '--store', store);
    const target = join(disk, 'back');
    const cut: string[] = [];
    const refused: string[] = [];
    if (isFull) {
      const { status, code } = await restore(store, target, null);
      if (status !== 1 || code === null) throw new Error(`a restore to a full disk ended with ${status}: seed ${seed}`);
      refused.push(code);
      mount('-o', 'remount,size=1g', disk);
    } else {
      const whole = await restore(store, join(disk, 'other'), null);
      for (let kills = 1 + random(KILLS_MAX); kills > 0; kills -= 1) {
        const { status } = await restore(store, target, random(Math.ceil(whole.tookMs)));
        cut.push(status === null ? 'restore' : 'end');
        if (!existsSync(target)) continue;
        // It had its name already: so it is whole.
        expectSame(tree, target, seed);
        rmSync(target, { recursive: true });
      }
    }
    await untilWhole(store, target, seed);
    expectSame(tree, target, seed);
    run('blob', 'verify', '--store', store);
    return { kind, seed, cut, refused };
  } finally {
    if (isFull) spawnSync('umount', ['--lazy', disk]);
    rmSync(folder, { recursive: true, force: true });
  }
}

function expectSame(tree: string, target: string, seed: number): void {
  const differs = `${rsyncSays(tree, target)}${statsOf(tree) === statsOf(target) ? '' : 'of other stats'}`;
  if (differs !== '') throw new Error(`what was restored is not as it was: seed ${seed}: ${differs}`);
}

/** Many small files, some large ones, links of both sorts, holes and odd rights. */
function makeTree(tree: string, random: Seeded): void {
  mkdirSync(tree);
  const script = `for at in $(seq -w 0 19); do mkdir $at; head -c $((100000 + $1 % 100000)) /dev/urandom > $at/large
    for file in $(seq 0 9); do echo $at $file $1 > $at/$file; done; ln $at/large $at/link; ln -s large $at/symlink
    truncate -s 300000 $at/holes; echo end >> $at/holes; done; chmod 0500 07; chmod 0400 08/large
    touch -d 2001-02-03 0*`;
  execFileSync('sh', ['-c', script, 'sh', String(random(2 ** 31))], { cwd: tree });
}

async function untilWhole(store: string, target: string, seed: number): Promise<void> {
  for (let runs = 0; runs < RUNS_MAX; runs += 1) {
    const { status, code } = await restore(store, target, null);
    if (status === 0) return;
    if (code !== 'restore_busy') throw new Error(`a restore after the cut ended with ${status}, ${code}: seed ${seed}`);
    await sleep(RETRY_MS);
  }
  throw new Error(`a restore stays busy: seed ${seed}`);
}

/** @param killAfterMs null: it is left to end. */
async function restore(store: string, target: string, killAfterMs: number | null): Promise<Ended> {
  const beganMs = performance.now();
  const words = ['snapshot', 'restore', 'tree', target, '--store', store, '--json'];
  const child = spawn(process.execPath, [...ENGINE_FLAGS, MAIN, ...words], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const timer = killAfterMs === null ? null : setTimeout(() => child.kill('SIGKILL'), killAfterMs);
  const [status] = (await once(child, 'close')) as [number | null];
  if (timer !== null) clearTimeout(timer);
  const last = said.trim().split('\n').at(-1) ?? '';
  const code = status === 1 ? String(JSON.parse(last).error.code) : null;
  return { status, code, tookMs: performance.now() - beganMs };
}

function run(...words: readonly string[]): void {
  execFileSync(process.execPath, [...ENGINE_FLAGS, MAIN, ...words], { stdio: ['ignore', 'ignore', 'inherit'] });
}

function mount(...words: readonly string[]): void {
  execFileSync('mount', words);
}
