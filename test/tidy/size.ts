import type { Node } from '@babel/types';
import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';
import type { Module } from './module-facts.ts';
import { type FunctionNode, isFunction, lineOf, walk } from './syntax.ts';

const FILE_LINES_MAX = 300;
const FILE_LINES_AIM = 150;
const FUNCTION_LINES_MAX = 70;
const FUNCTION_LINES_AIM = 50;

const RATCHET = 'test/tidy/ratchet.json';
const UPDATE = 'node test/tidy/update-main.ts';
const TREES = ['src', 'dapps', 'image'] as const;

/** How many files and functions of a tree are longer than we aim for. */
interface Overlong {
  readonly filesOverAim: number;
  readonly functionsOverAim: number;
}
export type Ratchet = Readonly<Record<(typeof TREES)[number], Overlong>>;

export function checkSizes(house: House): readonly Finding[] {
  return house.modules
    .filter((module) => isProduct(module.path))
    .flatMap((module): readonly Finding[] => {
      const { path } = module;
      const rule = 'size';
      const functions = functionsOf(module)
        .filter(({ lines }) => lines > FUNCTION_LINES_MAX)
        .map(({ name, line, lines }): Finding => {
          const message = `${name} has ${lines} lines, at most ${FUNCTION_LINES_MAX}: keep the branches, move the leaves out`;
          return { path, line, rule, message };
        });
      const lines = linesOf(module.text);
      if (lines <= FILE_LINES_MAX) return functions;
      const message = `${lines} lines, at most ${FILE_LINES_MAX}: one concept a file; split it`;
      return [{ path, line: 1, rule, message }, ...functions];
    });
}

/** The counts above the aims only ever fall. */
export function checkRatchet(house: House): readonly Finding[] {
  const now = measureOverlong(house);
  const held = parseRatchet(house.tree.files.get(RATCHET));
  const finding = (message: string): Finding => ({ path: RATCHET, line: 1, rule: 'ratchet', message });
  if (held === undefined) return [finding(`is missing or not as ${UPDATE} writes it: delete it and run that command`)];
  return TREES.flatMap((tree) =>
    (['filesOverAim', 'functionsOverAim'] as const).flatMap((count): readonly Finding[] => {
      const [is, was] = [now[tree][count], held[tree][count]];
      if (is < was) return [finding(`${tree} has ${count} ${is}, the ratchet says ${was}: run ${UPDATE}`)];
      if (is === was) return [];
      const aim = count === 'filesOverAim' ? FILE_LINES_AIM : FUNCTION_LINES_AIM;
      const worst = overlongOf(house, tree, count).join(', ');
      return [finding(`${tree} has ${count} ${is}, at most ${was}: bring one below ${aim} lines (${worst})`)];
    }),
  );
}

export function measureOverlong(house: House): Ratchet {
  const measure = (tree: (typeof TREES)[number]): Overlong => ({
    filesOverAim: overlongOf(house, tree, 'filesOverAim').length,
    functionsOverAim: overlongOf(house, tree, 'functionsOverAim').length,
  });
  return { src: measure('src'), dapps: measure('dapps'), image: measure('image') };
}

export function parseRatchet(text: string | undefined): Ratchet | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return isRatchet(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isRatchet(value: unknown): value is Ratchet {
  if (typeof value !== 'object' || value === null) return false;
  const trees = new Map(Object.entries(value));
  return TREES.map((tree): unknown => trees.get(tree)).every((held) => {
    if (typeof held !== 'object' || held === null || !('filesOverAim' in held)) return false;
    return Number.isInteger(held.filesOverAim) && 'functionsOverAim' in held && Number.isInteger(held.functionsOverAim);
  });
}

/** Longest first, as `path:line (lines)`. */
function overlongOf(house: House, tree: string, count: keyof Overlong): readonly string[] {
  const inTree = house.modules.filter((module) => module.path.startsWith(`${tree}/`));
  const sized =
    count === 'filesOverAim'
      ? inTree.map(({ path, text }) => ({ place: path, lines: linesOf(text), aim: FILE_LINES_AIM }))
      : inTree.flatMap((module) =>
          functionsOf(module).map(({ line, lines }) => ({
            place: `${module.path}:${line}`,
            lines,
            aim: FUNCTION_LINES_AIM,
          })),
        );
  return sized
    .filter(({ lines, aim }) => lines > aim)
    .sort((a, b) => b.lines - a.lines)
    .map(({ place, lines }) => `${place} (${lines})`);
}

function linesOf(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

interface SizedFunction {
  readonly name: string;
  readonly line: number;
  readonly lines: number;
}

function functionsOf(module: Module): readonly SizedFunction[] {
  const functions: SizedFunction[] = [];
  walk(module.ast.program, (node, ancestors) => {
    if (!isFunction(node)) return undefined;
    const line = lineOf(node);
    functions.push({
      name: functionName(node, ancestors.at(-1)),
      line,
      lines: (node.loc?.end.line ?? line) - line + 1,
    });
    return undefined;
  });
  return functions;
}

function functionName(node: FunctionNode, parent: Node | undefined): string {
  if ('key' in node && node.key.type === 'Identifier') return node.key.name;
  if ('id' in node && node.id) return node.id.name;
  if (parent?.type === 'VariableDeclarator' && parent.id.type === 'Identifier') return parent.id.name;
  return 'a function without a name';
}
