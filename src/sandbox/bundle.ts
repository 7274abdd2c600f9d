import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import { CodedError } from '../base/errors.ts';
import { BUNDLE_MODULES_MAX } from '../base/limits.ts';
import { type BundledModule, readModule } from './bundle-module.ts';

/**
 * One file out of a program and all it imports, for images of dapps. Each module stays whole, as a function that runs
 * once, in the order in which the engine would have run them; nothing is renamed, moved or left out. So the same
 * sources give the same bytes on any machine, and whoever reads a dapp's image finds the sources in it.
 */

export interface BundleOptions {
  /** The file that is started; like every path here relative to one folder, which holds all modules, with `/`. */
  readonly entry: string;
  /** Modules whose place another takes: `dapps/sdk/stdio.ts` has a twin for QuickJS. */
  readonly twins?: Readonly<Record<string, string>>;
  /** The text of a file. */
  readonly read: (path: string) => Promise<string>;
}

interface Placed extends BundledModule {
  readonly path: string;
  /** The file it was read from: its own, or that of its twin. */
  readonly from: string;
}

/**
 * The bundle, a JavaScript module that imports nothing but built-in modules of Node.
 * @throws bundle_unsupported, bundle_source_broken; bundle_import_refused (path, specifier), bundle_cycle (path),
 * bundle_too_large (modulesMax), and what `read` throws.
 */
export async function bundleProgram(options: BundleOptions): Promise<string> {
  const { entry } = options;
  const placed = new Map<string, Placed>();
  await place(options, entry, [], placed);
  const builtins = new Set<string>();
  const sections = [...placed.values()].map((module) => {
    const body = module.print((specifier) => {
      if (isLocal(specifier)) return constantOf(resolve(module.from, specifier));
      builtins.add(specifier);
      return constantOf(specifier);
    });
    const title = module.from === module.path ? module.path : `${module.path}, by ${module.from}`;
    return `// ${title}\nconst ${constantOf(module.path)} = (() => {\n${body}})();\n`;
  });
  const imports = [...builtins].sort().map((name) => `import * as ${constantOf(name)} from '${name}';\n`);
  return [...imports, ...sections].join('\n');
}

/** What a module imports stands before it. */
async function place(
  options: BundleOptions,
  path: string,
  importers: readonly string[],
  placed: Map<string, Placed>,
): Promise<void> {
  if (placed.has(path)) return;
  if (importers.includes(path)) {
    throw new CodedError('bundle_cycle', `${path} imports itself by way of others`, { fields: { path } });
  }
  if (placed.size + importers.length >= BUNDLE_MODULES_MAX) {
    const fields = { modulesMax: BUNDLE_MODULES_MAX };
    throw new CodedError('bundle_too_large', `${options.entry} has over ${BUNDLE_MODULES_MAX} modules`, { fields });
  }
  const from = options.twins?.[path] ?? path;
  const module = readModule(from, await options.read(from));
  for (const specifier of module.specifiers) {
    if (isLocal(specifier)) await place(options, resolve(from, specifier), [...importers, path], placed);
    else if (!isBuiltin(specifier) || !specifier.startsWith('node:')) throw refused(from, specifier);
  }
  placed.set(path, { ...module, path, from });
}

function isLocal(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}

function resolve(importer: string, specifier: string): string {
  const path = posix.join(posix.dirname(importer), specifier);
  if (path.startsWith('../')) throw refused(importer, specifier);
  return path;
}

function constantOf(path: string): string {
  return `$${path.replace(/\.ts$/, '').replace(/[^A-Za-z0-9]/g, '_')}`;
}

function refused(path: string, specifier: string): CodedError {
  return new CodedError('bundle_import_refused', `${path} imports ${specifier}, which is no file of the bundle`, {
    fields: { path, specifier },
    advice: 'Import files of the dapp and the SDK by relative paths, and built-in modules of Node by `node:`.',
  });
}
