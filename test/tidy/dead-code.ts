import type { Node } from '@babel/types';
import { binPaths } from './entries.ts';
import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';
import type { Module } from './module-facts.ts';
import { walk } from './syntax.ts';

/** Caps of the house, and those of large things. */
const LIMITS: ReadonlySet<string> = new Set(['src/base/limits.ts', 'src/base/limits-chunks.ts']);

/** A file of ours that nothing starts or imports is dead, however well it is tested. */
export function checkDeadFiles(house: House): readonly Finding[] {
  const modules = new Map(house.modules.map((module) => [module.path, module]));
  const reached = new Set<string>(house.entries);
  for (const path of reached) {
    if (!isProduct(path)) continue;
    for (const { target } of modules.get(path)?.imports ?? []) if (target !== undefined) reached.add(target);
  }
  const missing = binPaths(house.tree).filter((path) => !house.tree.files.has(path));
  const rule = 'dead-file';
  return [
    ...missing.map((path): Finding => {
      return {
        path: 'package.json',
        line: 1,
        rule,
        message: `bin names ${path}, which is not there: write or drop it`,
      };
    }),
    ...house.modules
      .filter(({ path }) => isProduct(path) && !reached.has(path))
      .map(({ path }): Finding => {
        const message =
          'no entry (bin, dapp.json, *-main.ts) reaches this file: import it where it is used, or delete it';
        return { path, line: 1, rule, message, subject: path };
      }),
  ];
}

/**
 * An export is for another file we ship; a test's use does not count, nor does that of its own file. But a type with
 * which its own file describes what it offers is part of that offer: readers may name it. The image's build ships
 * nothing of its own, and takes half an hour as a whole: there a test may ask the parts.
 */
export function checkDeadExports(house: House): readonly Finding[] {
  const tested = [...usedExports(house, (path) => path.startsWith('test/'))].filter((one) => one.startsWith('image/'));
  const used = new Set([...usedExports(house, isProduct), ...tested]);
  return house.modules.flatMap(({ path, exports }): readonly Finding[] => {
    if (!isProduct(path) || LIMITS.has(path) || house.entries.has(path)) return [];
    return exports
      .filter(({ name, isOwnTerm }) => !isOwnTerm && !used.has(`${path} ${name}`) && !used.has(`${path} *`))
      .map(({ name, line }) => {
        const message = `'${name}' is imported by no other file of src or dapps: drop its export, or delete it`;
        return { path, line, rule: 'dead-export', message, subject: name };
      });
  });
}

/** A cap that nobody keeps promises what is not so. Native code keeps one by its name in a C file. */
export function checkDeadCaps(house: House): readonly Finding[] {
  const used = usedExports(house, isProduct);
  const native = [...house.tree.files].filter(([path]) => /^src\/.*\.[ch]$/.test(path)).map(([, text]) => text);
  return house.modules.flatMap((limits): readonly Finding[] => {
    const { path } = limits;
    if (!LIMITS.has(path)) return [];
    const derived = namesInInitialisers(limits);
    return limits.exports.flatMap(({ name, line }): readonly Finding[] => {
      if (used.has(`${path} ${name}`) || used.has(`${path} *`) || derived.has(name)) return [];
      if (native.some((text) => new RegExp(`\\b${name}\\b`).test(text))) return [];
      const message = `'${name}' caps nothing: no other file of src or dapps imports it; keep it where it belongs, or delete it`;
      return [{ path, line, rule: 'dead-cap', message, subject: name }];
    });
  });
}

/** `path name` for each name that a file `isUser` chooses takes from another; `path *` where it takes all. */
function usedExports(house: House, isUser: (path: string) => boolean): ReadonlySet<string> {
  const used = new Set<string>();
  for (const module of house.modules) {
    if (!isUser(module.path)) continue;
    for (const { target, names } of module.imports) {
      if (target === undefined || target === module.path) continue;
      for (const name of names === 'all' ? ['*'] : names) used.add(`${target} ${name}`);
    }
  }
  return used;
}

/** A cap from which another is computed is kept by that one. */
function namesInInitialisers(limits: Module): ReadonlySet<string> {
  const names = new Set<string>();
  const collect = (node: Node): undefined => {
    if (node.type === 'Identifier') names.add(node.name);
  };
  for (const statement of limits.ast.program.body) {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (declaration?.type !== 'VariableDeclaration') continue;
    for (const { init } of declaration.declarations) if (init) walk(init, collect);
  }
  return names;
}
