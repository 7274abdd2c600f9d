import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';

const FLAGS = ['-O2', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];

/** Builds a program of one C source, unless exactly this source was built before, and returns its path. */
export function compile(source: string): string {
  const hash = createHash('sha256').update(FLAGS.join(' ')).update(readFileSync(source));
  const folder = join(tmpdir(), `blockmesh-programs-${process.getuid?.()}`);
  const program = join(folder, `${basename(source, '.c')}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = `${program}.${process.pid}`;
  execFileSync('cc', [...FLAGS, source, '-o', partial], { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(partial, program);
  return program;
}
