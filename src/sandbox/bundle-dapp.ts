import { join, posix } from 'node:path';

import { CodedError } from '../base/errors.ts';
import { BUNDLE_SOURCE_BYTES_MAX } from '../base/limits.ts';
import { bundleProgram } from './bundle.ts';
import { loadManifest, readCapped } from './manifest.ts';

/** By engine: what stands in for the SDK's one file that knows where it runs. */
const TWINS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  node: {},
  quickjs: { 'dapps/sdk/stdio.ts': 'dapps/sdk/stdio-quickjs.ts' },
};

export const BUNDLE_ENGINES: readonly string[] = Object.keys(TWINS);

export interface BundledDapp {
  readonly name: string;
  /** Contract and agent by the names of their files: `contract.js`. */
  readonly programs: Readonly<Record<string, string>>;
}

/**
 * Bundles the contract and the agent of the dapp in `folder`, such as `dapps/door`; `root` is the absolute path of the
 * folder that holds `dapps`.
 * @throws engine_unknown (engine), and what `loadManifest` and `bundleProgram` throw.
 */
export async function bundleDapp(root: string, folder: string, engine: string): Promise<BundledDapp> {
  const twins = TWINS[engine];
  if (twins === undefined) {
    throw new CodedError('engine_unknown', `${engine} is no engine we bundle for`, {
      fields: { engine },
      advice: `Give one of: ${BUNDLE_ENGINES.join(', ')}.`,
    });
  }
  const { name, contract = [], agent = [] } = await loadManifest(join(root, folder));
  const read = (path: string): Promise<string> => readCapped(join(root, path), BUNDLE_SOURCE_BYTES_MAX);
  const programs: Record<string, string> = {};
  for (const file of [...contract, ...agent].filter((word) => word.endsWith('.ts'))) {
    const entry = posix.join(folder, file);
    programs[posix.basename(file).replace(/ts$/, 'js')] = await bundleProgram({ entry, twins, read });
  }
  return { name, programs };
}
