import { chmod, chown, mkdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SECONDS_PER_DAY = 86_400;

/** Folders that something is mounted on when the board runs; the root itself is never written. */
const MOUNT_POINTS = ['boot/firmware', 'data', 'dev', 'proc', 'run', 'sys', 'tmp', 'var'] as const;

/** Gives the root what it has instead of what was deleted, so that each build's is the same. */
export async function settleRoot(root: string, epochS: number): Promise<void> {
  for (const folder of MOUNT_POINTS) await mkdir(join(root, folder), { recursive: true });
  await chmod(join(root, 'tmp'), 0o1777);
  // Empty and not absent: systemd writes the board's own over it, and does not take each start for the first.
  await writeFile(join(root, 'etc/machine-id'), '');
  await writeFile(join(root, 'etc/hostname'), 'blockmesh\n');
  await symlink('../run/systemd/resolve/stub-resolv.conf', join(root, 'etc/resolv.conf'));
  const shadow = join(root, 'etc/shadow');
  await writeFile(shadow, lockedPasswords(await readFile(shadow, 'utf8'), epochS));
  await chmod(shadow, 0o640);
  // A clock that stands before this time is wrong: systemd sets it to the time of this file.
  const clock = join(root, 'usr/lib/clock-epoch');
  await writeFile(clock, '');
  await utimes(clock, epochS, epochS);
  await chown(root, 0, 0);
  await chmod(root, 0o755);
}

/** Nobody has a password that could be typed (`!` would refuse keys too), and every line says that it was set when the image was built. */
export function lockedPasswords(shadow: string, epochS: number): string {
  const day = String(Math.floor(epochS / SECONDS_PER_DAY));
  return shadow
    .split('\n')
    .map((line) => {
      const [name, , , ...rest] = line.split(':');
      return line === '' ? '' : [name, '*', day, ...rest].join(':');
    })
    .join('\n');
}
