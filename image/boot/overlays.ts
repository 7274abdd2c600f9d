import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { CodedError } from '../../src/base/errors.ts';

/**
 * Compiles each `NAME.dts` of the folder `sources` into `NAME.dtbo` in the folder `out`, by dtc.
 * @throws overlay_invalid with what dtc said.
 */
export function compileOverlays(sources: string, out: string): void {
  mkdirSync(out, { recursive: true });
  for (const path of globSync(join(sources, '*.dts')).sort()) {
    const to = join(out, `${basename(path, '.dts')}.dtbo`);
    try {
      execFileSync('dtc', ['-q', '-@', '-I', 'dts', '-O', 'dtb', '-o', to, path], {
        stdio: ['ignore', 'ignore', 'pipe'],
      });
    } catch (cause) {
      throw new CodedError('overlay_invalid', `the overlay ${path} cannot be compiled: ${String(cause)}`, {
        fields: { path },
        advice: 'install the package device-tree-compiler, or mend what dtc names',
        cause,
      });
    }
  }
}
