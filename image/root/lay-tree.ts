import { chmod, copyFile, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Lays a folder of ours over a root. Owner is root, and a file has one of two modes, whatever the checkout's umask was:
 * 755 when it can be executed, else 644.
 */
export async function layTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const name of (await readdir(from)).sort()) {
    const [source, target] = [join(from, name), join(to, name)];
    const status = await lstat(source);
    if (status.isDirectory()) {
      await layTree(source, target);
      continue;
    }
    // Not written through: the target may be a link of Debian's to somewhere else.
    await rm(target, { force: true });
    if (status.isSymbolicLink()) {
      await symlink(await readlink(source), target);
    } else {
      await copyFile(source, target);
      await chmod(target, (status.mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
}
