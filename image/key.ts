import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';

export function sha256Of(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** SHA-256 over parts, each with its length before it, so that no two lists of parts are the same bytes. */
export function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}\n`).update(part);
  return hash.digest('hex');
}

/** The hash of a file, or of a folder with all names, modes, links and contents in it. What is not there has one too. */
export async function hashOfPath(path: string): Promise<string> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return hashOf(['none']);
  if (status.isSymbolicLink()) return hashOf(['link', await readlink(path)]);
  if (!status.isDirectory()) return hashOf(['file', String(status.mode & 0o111), await readFile(path)]);
  const parts = ['folder'];
  for (const name of (await readdir(path)).sort()) parts.push(name, await hashOfPath(join(path, name)));
  return hashOf(parts);
}
