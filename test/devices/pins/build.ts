import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NATIVE = join(import.meta.dirname, '../../../src/devices/pins/native');
const FLAGS = ['-O2', '-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror'];

/**
 * Builds the C program with one backend, unless exactly these sources were built before, and returns its path.
 * CFLAGS are added, for sanitizers.
 */
export function buildPins(backend: 'gpio_v2' | 'gpio_sim'): string {
  const folders = [NATIVE, join(NATIVE, 'backend', backend)];
  return build(
    backend,
    folders.flatMap((folder) => readdirSync(folder).map((name) => join(folder, name))),
  );
}

/** Builds the framing of Wiegand alone, as test/fixtures/wiegand-main.c has it. */
export function buildFraming(): string {
  const fixture = join(import.meta.dirname, '../../fixtures/wiegand-main.c');
  return build('wiegand', [fixture, ...['wiegand.c', 'wiegand.h', 'limits.h'].map((name) => join(NATIVE, name))]);
}

function build(name: string, sources: readonly string[]): string {
  const files = sources.filter((path) => /\.[ch]$/.test(path)).sort();
  const flags = [...FLAGS, ...(process.env.CFLAGS ?? '').split(' ').filter((flag) => flag !== '')];
  const hash = createHash('sha256').update(flags.join(' '));
  for (const path of files) hash.update(path).update(readFileSync(path));
  const folder = join(tmpdir(), `blockmesh-pins-build-${process.getuid?.()}`);
  const program = join(folder, `${name}-${hash.digest('hex').slice(0, 16)}`);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const partial = `${program}.${process.pid}`;
  const units = files.filter((path) => path.endsWith('.c'));
  execFileSync('cc', [...flags, `-I${NATIVE}`, ...units, '-o', partial], { stdio: ['ignore', 'inherit', 'inherit'] });
  renameSync(partial, program);
  return program;
}

export const VIRTUAL = [process.execPath, join(import.meta.dirname, '../../../src/devices/pins/virtual-main.ts')];
