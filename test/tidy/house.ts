import { ALLOWANCES, type Allowance } from './allowances.ts';
import { entriesOf } from './entries.ts';
import { type Module, moduleFacts } from './module-facts.ts';
import { parseFile } from './syntax.ts';
import type { Tree } from './tree.ts';

/** A tree, read once for all checks. */
export interface House {
  readonly tree: Tree;
  /** Every TypeScript file of src, dapps, image and test that parses, in the order of paths. */
  readonly modules: readonly Module[];
  readonly unparsed: readonly Unparsed[];
  /** Files that something outside the imports starts. */
  readonly entries: ReadonlySet<string>;
  readonly allowances: readonly Allowance[];
}

interface Unparsed {
  readonly path: string;
  readonly line: number;
  readonly reason: string;
}

export function surveyHouse(tree: Tree, allowances: readonly Allowance[] = ALLOWANCES): House {
  const modules: Module[] = [];
  const unparsed: Unparsed[] = [];
  for (const [path, text] of [...tree.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!/^(src|dapps|image|test)\/.*\.ts$/.test(path)) continue;
    try {
      modules.push(moduleFacts(path, text, parseFile(path, text)));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      const at = /\((\d+):\d+\)/.exec(error.message);
      unparsed.push({ path, line: Number(at?.[1] ?? 1), reason: error.message.replace(/\s*\(\d+:\d+\)/, '') });
    }
  }
  return { tree, modules, unparsed, entries: entriesOf(tree), allowances };
}

/** What we ship, and what makes it: not the tests. */
export function isProduct(path: string): boolean {
  return ['src/', 'dapps/', 'image/'].some((tree) => path.startsWith(tree));
}
