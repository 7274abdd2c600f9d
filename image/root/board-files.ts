import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { raucConfiguration } from '../boot/rauc.ts';

export interface Release {
  readonly version: string;
  readonly board: string;
  /** Seconds since 1970. */
  readonly built: number;
}

/** Units of Debian's that would do again at each start what was done when the image was built, or what a board never does. */
const MASKED = [
  'systemd-firstboot.service',
  'systemd-hwdb-update.service',
  'systemd-journal-catalog-update.service',
  'systemd-random-seed.service',
  'systemd-update-done.service',
];

/** Writes into the root what is different on each board and in each release. */
export async function writeBoardFiles(root: string, release: Release): Promise<void> {
  await write(root, 'usr/lib/blockmesh/release.json', `${JSON.stringify(release)}\n`);
  await write(root, 'etc/rauc/system.conf', raucConfiguration(release.board));
  await put(root, 'usr/bin/blockmesh', '../lib/blockmesh/blockmesh');
  for (const unit of MASKED) await put(root, `etc/systemd/system/${unit}`, '/dev/null');
  // Older than the rest of the root, it would tell systemd to bring /etc up to date, at each start.
  await write(root, 'etc/.updated', '');
}

async function write(root: string, path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

async function put(root: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await rm(join(root, path), { force: true });
  await symlink(target, join(root, path));
}
