import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { CodedError, messageOf } from '../../src/base/errors.ts';
import { type BundledPackage, licencesText, packagesIn } from './licences.ts';

/**
 * Our programs as one file each, which need nothing of npm but the addons beside them. The same for every processor.
 * esbuild is taken without its launcher, like Biome: that names every platform, and npm refuses a lock file that lacks one.
 */

/** Program in the bundle → where it begins. Those that end in -main are started by others, with the same extension. */
const PROGRAMS: Readonly<Record<string, string>> = {
  blockmesh: 'src/cli/main.ts',
  'archive-copy-main': 'src/node/archive-copy-main.ts',
  'file-check-main': 'src/node/file-check-main.ts',
  'broker-main': 'src/node/broker/broker-main.ts',
  'blockmesh-pins-onoff': 'src/devices/pins/onoff-main.ts',
  'virtual-main': 'src/devices/pins/virtual-main.ts',
};

/** Packages that look for an addon below node_modules, and what stands in for them: the addon lies beside the bundle. */
const STAND_INS: Readonly<Record<string, string>> = {
  'better-sqlite3': `module.exports = require('../../../node_modules/better-sqlite3/lib/database.js')(() => require('./addons/better-sqlite3.node'), false);
`,
  // The addon of serialport.
  'node-gyp-build': "module.exports = () => require('./addons/serialport.node');\n",
  // That of epoll, which onoff needs.
  bindings: "module.exports = () => require('./addons/epoll.node');\n",
};
/** Relative to the checkout, and so the same everywhere: the bundle tells where each of its parts is from. */
const STAND_INS_FOLDER = 'build/board/stand-ins';

/** What packages of CommonJS expect, in a module. */
const BANNER = [
  "import { createRequire as $createRequire } from 'node:module';",
  'const require = $createRequire(import.meta.url);',
  'const { filename: __filename, dirname: __dirname } = import.meta;',
].join(' ');

interface MetaFile {
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * Bundles our programs into `out`, with LICENCES.txt.
 * @param top folder of the checkout.
 * @returns the packages that they hold parts of, sorted by name.
 * @throws bundle_failed with what esbuild says; licence_missing.
 */
export async function bundlePrograms(top: string, out: string): Promise<readonly BundledPackage[]> {
  const meta = join(out, 'meta.json');
  mkdirSync(join(top, STAND_INS_FOLDER), { recursive: true });
  for (const [name, text] of Object.entries(STAND_INS)) writeFileSync(join(top, STAND_INS_FOLDER, `${name}.cjs`), text);
  const cpu = process.arch === 'arm64' ? 'arm64' : 'x64';
  const words = [
    ...Object.entries(PROGRAMS).map(([name, entry]) => `${name}=${entry}`),
    ...Object.keys(STAND_INS).map((name) => `--alias:${name}=./${STAND_INS_FOLDER}/${name}.cjs`),
    ...['--bundle', '--platform=node', '--target=node24', '--format=esm', '--out-extension:.js=.mjs'],
    ...['--external:./addons/*', '--legal-comments=none', `--banner:js=${BANNER}`],
    ...[`--outdir=${out}`, `--metafile=${meta}`, '--log-level=warning'],
  ];
  try {
    await execa(join(top, `node_modules/@esbuild/linux-${cpu}/bin/esbuild`), words, { cwd: top, stdin: 'ignore' });
  } catch (cause) {
    throw new CodedError('bundle_failed', `esbuild could not bundle: ${messageOf(cause)}`, {
      cause,
      advice: 'Run `npm ci`; then `make check` says what is wrong with the sources.',
    });
  }
  const packages = packagesIn(top, Object.keys((JSON.parse(readFileSync(meta, 'utf8')) as MetaFile).inputs));
  writeFileSync(join(out, 'LICENCES.txt'), licencesText(top, packages));
  return packages;
}
