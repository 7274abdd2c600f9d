import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { seeded } from '../../node/seeded.ts';

const IS_ROOT = process.getuid?.() === 0;
/** So that GNU tar keeps what there is. */
export const GNU = ['--numeric-owner', '--xattrs', '--xattrs-include=*'] as const;

export function run(program: string, ...args: readonly string[]): string {
  const { status, stderr, stdout } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}

/** What rsync would have to do to make both alike: nothing at all. */
export function differences(from: string, to: string): string {
  return run('rsync', '-niacHDXA', '--numeric-ids', '--delete', `${from}/`, `${to}/`);
}

/** What every format can hold: short names, whole seconds. */
export function makePlainTree(root: string): void {
  mkdirSync(join(root, 'a/b/empty'), { recursive: true });
  writeFileSync(join(root, 'a/one'), 'one\n');
  writeFileSync(join(root, 'a/zero'), '');
  const random = seeded(7);
  const large = Buffer.from(Array.from({ length: 300_000 }, () => random(256)));
  writeFileSync(join(root, 'large'), large);
  writeFileSync(join(root, 'a/b/same'), large);
  linkSync(join(root, 'large'), join(root, 'a/b/other name of large'));
  linkSync(join(root, 'a/one'), join(root, 'zz'));
  symlinkSync('../one', join(root, 'a/b/link'));
  chmodSync(join(root, 'a/one'), 0o4751);
  chmodSync(join(root, 'a'), 0o1770);
  for (const path of ['a/one', 'a/zero', 'a/b/same', 'large', 'a/b/empty', 'a/b', 'a', '.']) {
    utimesSync(join(root, path), 1_700_000_000, 1_700_000_001 + path.length);
  }
  lutimesSync(join(root, 'a/b/link'), 1, 99);
}

/** What pax alone can hold. */
export function makeFullTree(root: string): void {
  makePlainTree(root);
  const deep = join(root, ...Array.from({ length: 15 }, (_, at) => `${'long name '.repeat(20)}${at}`));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(deep, 'ä€𝄞'), 'deep');
  linkSync(join(deep, 'ä€𝄞'), join(deep, 'second name'));
  symlinkSync('t'.repeat(4000), join(root, 'long link'));
  execFileSync('touch', ['-d', '2001-02-03 04:05:06.123456789 UTC', join(root, 'fraction')]);
  execFileSync('touch', ['-d', '1901-02-03 04:05:06 UTC', join(root, 'old')]);
  execFileSync('mkfifo', [join(root, 'fifo')]);
  execFileSync('setfattr', ['-n', 'user.a', '-v', '0x00ff3d250a', join(root, 'large')]);
  execFileSync('setfattr', ['-n', 'user.b', '-v', 'of a directory', join(root, 'a')]);
  const file = openSync(join(root, 'holes'), 'w');
  writeSync(file, 'at the start');
  writeSync(file, 'in the middle', 1_000_000);
  ftruncateSync(file, 3_000_000);
  closeSync(file);
  if (!IS_ROOT) return;
  execFileSync('mknod', [join(root, 'device'), 'c', '1', '7']);
  execFileSync('chown', ['70000:3000000000', join(root, 'old')]);
  // The tools write what they were last told.
  execFileSync('touch', ['-d', '1901-02-03 04:05:06 UTC', join(root, 'old')]);
}
