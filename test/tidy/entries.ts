import { posix } from 'node:path';
import type { Tree } from './tree.ts';

/** What joins the dapps to the world: their standard input and output, one file for each engine. */
export const DAPP_STDIO = 'dapps/sdk/stdio.ts';
export const DAPP_STDIO_TWIN = 'dapps/sdk/stdio-quickjs.ts';

/**
 * Files that npm, a dapp's manifest or a child process starts: `bin`, `contract`, `agent`, and `*-main.ts`; and the
 * twin that a bundle takes in another's place.
 */
export function entriesOf(tree: Tree): ReadonlySet<string> {
  const entries = new Set(binPaths(tree));
  for (const [path, text] of tree.files) {
    if (path.endsWith('-main.ts') || path === DAPP_STDIO_TWIN) entries.add(path);
    if (posix.basename(path) === 'dapp.json') {
      for (const started of commandPaths(tree, posix.dirname(path), text)) entries.add(started);
    }
  }
  return entries;
}

/** The files that package.json's `bin` names, there or not. */
export function binPaths(tree: Tree): readonly string[] {
  const manifest = parseObject(tree.files.get('package.json') ?? '{}');
  return stringsIn(manifest.bin).map((path) => posix.normalize(path));
}

/** Commands are written for the container, where the file is a bundle: `/app/main.js` is our `main.ts`. */
function commandPaths(tree: Tree, folder: string, manifestText: string): readonly string[] {
  const manifest = parseObject(manifestText);
  const words = stringsIn([manifest.contract, manifest.agent]).flatMap((text) => text.split(/\s+/));
  const guesses = words.flatMap((word) => {
    const source = word.replace(/\.m?js$/, '.ts');
    return [posix.join(folder, source), posix.join(folder, posix.basename(source))];
  });
  return guesses.filter((path) => tree.files.has(path));
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
