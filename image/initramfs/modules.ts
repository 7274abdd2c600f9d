import { execFileSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';

/** Modules of an unpacked kernel of Debian, in an order in which they can be loaded one after the other. */

export interface KernelModule {
  /** As the kernel names it: with underscores. */
  readonly name: string;
  /** Unpacked. */
  readonly bytes: Uint8Array;
}

const MODULE_BYTES_MAX = 64 * 1024 * 1024;

/**
 * The modules of these names and all that they need, each after those it needs. What is built into the kernel is left
 * out.
 * @param kernel a folder in which the packages of one kernel are unpacked.
 * @throws no_module for a name that the kernel has neither as a module nor built in.
 */
export function collectModules(kernel: string, names: readonly string[]): readonly KernelModule[] {
  const paths = new Map(
    globSync(join(kernel, '{lib,usr/lib}/modules/*/kernel/**/*.{ko,ko.xz}')).map((path) => [nameOf(path), path]),
  );
  const builtIn = new Set(
    globSync(join(kernel, '{lib,usr/lib}/modules/*/modules.builtin')).flatMap((path) =>
      readFileSync(path, 'utf8').split('\n').map(nameOf),
    ),
  );
  const taken = new Map<string, KernelModule>();
  const take = (name: string): void => {
    if (taken.has(name) || builtIn.has(name)) return;
    const path = paths.get(name);
    if (path === undefined) {
      throw new CodedError('no_module', `the kernel in ${kernel} has no module ${name}`, {
        fields: { kernel, name },
        advice:
          'mend the list of the board in image/boot/boards.ts, or give the folder with all packages of the kernel',
      });
    }
    const bytes = path.endsWith('.xz')
      ? execFileSync('xz', ['-dc', path], { maxBuffer: MODULE_BYTES_MAX })
      : readFileSync(path);
    for (const needed of neededBy(bytes)) take(needed);
    taken.set(name, { name, bytes });
  };
  for (const name of names) take(plain(name));
  return [...taken.values()];
}

function nameOf(path: string): string {
  return plain(basename(path).replace(/\.ko(?:\.xz)?$/, ''));
}

/** The kernel takes both for one, and its own files are named now one way, now the other. */
function plain(name: string): string {
  return name.replaceAll('-', '_');
}

function neededBy(module: Uint8Array): readonly string[] {
  const [, text = ''] = /\0depends=([^\0]*)\0/.exec(Buffer.from(module).toString('latin1')) ?? [];
  return text === '' ? [] : text.split(',').map(plain);
}
