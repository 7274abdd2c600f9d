import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The files of a checkout by their path from its top, with forward slashes. A binary file has the text ''. */
export interface Tree {
  readonly files: ReadonlyMap<string, string>;
}

/** What git tracks, and what it would track if it were added: new files are checked before their first commit. */
export function readTree(top: string): Tree {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: top,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = new Map<string, string>();
  for (const path of listed.split('\0')) {
    const status = path === '' ? undefined : lstatSync(join(top, path), { throwIfNoEntry: false });
    if (!status?.isFile()) continue;
    const bytes = readFileSync(join(top, path));
    files.set(path, bytes.includes(0) ? '' : bytes.toString('utf8'));
  }
  return { files };
}
