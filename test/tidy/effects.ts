import type { CallExpression, Node, OptionalCallExpression, Program } from '@babel/types';
import { CALLBACK_METHODS, MUTATORS, PURE_CALLS, PURE_CONSTRUCTORS, PURE_METHODS } from './pure-calls.ts';
import { namesDeclaredBy } from './scope.ts';
import { childrenOf, type FunctionNode, isErased, isFunction, memberName, walk } from './syntax.ts';

/** Something that does more than define, when its file is imported. */
export interface Effect {
  readonly node: Node;
  readonly what: string;
}

interface Reach {
  readonly functions: ReadonlyMap<string, FunctionNode>;
  /** Names that live only as long as what is looked into: setting those is no effect. */
  readonly locals: ReadonlySet<string>;
  /** Functions that are being looked into. */
  readonly calling: readonly string[];
}

/** The functions that a file declares at its top level by name: what they do is seen by looking into them. */
export function localFunctions(program: Program): ReadonlyMap<string, FunctionNode> {
  const functions = new Map<string, FunctionNode>();
  for (const statement of program.body) {
    const one = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
    if (one?.type === 'FunctionDeclaration' && one.id) functions.set(one.id.name, one);
    if (one?.type !== 'VariableDeclaration') continue;
    for (const { id, init } of one.declarations) {
      if (id.type === 'Identifier' && init && isFunction(init)) functions.set(id.name, init);
    }
  }
  return functions;
}

/** What runs as `node` is evaluated, other than what is plainly a computation of a value. */
export function effectsOf(node: Node, functions: ReadonlyMap<string, FunctionNode>): readonly Effect[] {
  return effectsIn(node, { functions, locals: namesWithin(node), calling: [] });
}

function namesWithin(node: Node): ReadonlySet<string> {
  const names = new Set<string>();
  walk(node, (one) => {
    for (const name of namesDeclaredBy(one)) names.add(name);
    return undefined;
  });
  return names;
}

function effectsIn(node: Node, reach: Reach): readonly Effect[] {
  if (isErased(node) || (isFunction(node) && !isMember(node))) return [];
  const own = effectAt(node, reach);
  if (own !== undefined) return [{ node, what: own }];
  return whatRuns(node).flatMap((one) => effectsIn(one, reach));
}

function isMember(node: FunctionNode): boolean {
  return node.type === 'ClassMethod' || node.type === 'ClassPrivateMethod' || node.type === 'ObjectMethod';
}

/** The parts of a node that run along with it: of a class its statics, of a call also the functions it is given. */
function whatRuns(node: Node): readonly Node[] {
  switch (node.type) {
    case 'ClassMethod':
    case 'ObjectMethod':
      return node.computed ? [node.key] : [];
    case 'ClassPrivateMethod':
      return [];
    case 'ClassProperty':
    case 'ClassPrivateProperty': {
      const key = node.type === 'ClassProperty' && node.computed ? [node.key] : [];
      return node.static && node.value ? [...key, node.value] : key;
    }
    case 'CallExpression':
    case 'NewExpression':
    case 'OptionalCallExpression':
      return childrenOf(node).map((child) => (isFunction(child) ? child.body : child));
    default:
      return childrenOf(node);
  }
}

function effectAt(node: Node, reach: Reach): string | undefined {
  switch (node.type) {
    case 'CallExpression':
    case 'OptionalCallExpression':
      return callEffect(node, reach);
    case 'NewExpression':
      return PURE_CONSTRUCTORS.has(nameOf(node.callee)) ? undefined : `new ${nameOf(node.callee)}()`;
    case 'TaggedTemplateExpression':
      return PURE_CALLS.has(nameOf(node.tag)) ? undefined : `${nameOf(node.tag)}\`\``;
    case 'MemberExpression':
      return nameOf(node.object) === 'process' ? nameOf(node) : undefined;
    case 'AssignmentExpression':
    case 'UpdateExpression': {
      const set = node.type === 'UpdateExpression' ? node.argument : node.left;
      return reach.locals.has(rootOf(set)) ? undefined : `${nameOf(set)} =`;
    }
    case 'UnaryExpression':
      return node.operator === 'delete' ? 'delete' : undefined;
    case 'AwaitExpression':
      return 'await';
    case 'ImportExpression':
      return 'import()';
    default:
      return undefined;
  }
}

function callEffect(call: CallExpression | OptionalCallExpression, reach: Reach): string | undefined {
  const shown = `${nameOf(call.callee)}()`;
  if (!isHarmless(call.callee, reach)) return shown;
  const [first] = call.arguments;
  if (first === undefined || isFunction(first) || !CALLBACK_METHODS.has(memberName(call.callee) ?? '')) {
    return undefined;
  }
  return isHarmless(first, reach) ? undefined : `${nameOf(first)}()`;
}

function isHarmless(callee: Node, reach: Reach): boolean {
  const name = nameOf(callee);
  if (name.startsWith('Math.')) return name !== 'Math.random';
  if (PURE_CALLS.has(name) || PURE_METHODS.has(memberName(callee) ?? '')) return true;
  if (MUTATORS.has(memberName(callee) ?? '')) return reach.locals.has(rootOf(callee));
  const local = reach.functions.get(name);
  if (local === undefined) return false;
  if (reach.calling.includes(name)) return true;
  const inside = { ...reach, locals: namesWithin(local), calling: [...reach.calling, name] };
  return effectsIn(local.body, inside).length === 0;
}

/** `a.b.c` as written; a part that is neither name nor literal is shown as `…`. */
export function nameOf(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return '…';
  return `${nameOf(node.object)}.${memberName(node) ?? '…'}`;
}

function rootOf(node: Node): string {
  return node.type === 'MemberExpression' ? rootOf(node.object) : nameOf(node);
}
