import { type ParserPlugin, parse } from '@babel/parser';
import type { File, Node } from '@babel/types';

/** @throws a SyntaxError with `loc.line` when `text` is not TypeScript. */
export function parseFile(path: string, text: string): File {
  const typescript: ParserPlugin = path.endsWith('.d.ts') ? ['typescript', { dts: true }] : 'typescript';
  return parse(text, {
    sourceType: 'module',
    createImportExpressions: true,
    plugins: [typescript, 'explicitResourceManagement'],
  });
}

export function lineOf(node: Node): number {
  return node.loc?.start.line ?? 1;
}

const KEYS_WITHOUT_CHILDREN = new Set(['extra', 'innerComments', 'leadingComments', 'loc', 'trailingComments']);

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

export function childrenOf(node: Node): readonly Node[] {
  const children: Node[] = [];
  for (const [key, value] of Object.entries(node)) {
    if (KEYS_WITHOUT_CHILDREN.has(key)) continue;
    for (const one of Array.isArray(value) ? value : [value]) if (isNode(one)) children.push(one);
  }
  return children;
}

/** Calls `enter` for `node` and everything below it, with its ancestors, the nearest last. 'skip' stays above. */
export function walk(
  node: Node,
  enter: (node: Node, ancestors: readonly Node[]) => 'skip' | undefined,
  ancestors: Node[] = [],
): void {
  if (enter(node, ancestors) === 'skip') return;
  ancestors.push(node);
  for (const child of childrenOf(node)) walk(child, enter, ancestors);
  ancestors.pop();
}

const TYPED_EXPRESSIONS = new Set([
  'TSAsExpression',
  'TSExportAssignment',
  'TSInstantiationExpression',
  'TSNonNullExpression',
  'TSParameterProperty',
  'TSSatisfiesExpression',
  'TSTypeAssertion',
]);

/** A node that type stripping removes, with all that is below it. */
export function isErased(node: Node): boolean {
  if ('declare' in node && node.declare === true) return true;
  return node.type.startsWith('TS') && !TYPED_EXPRESSIONS.has(node.type);
}

export type FunctionNode = Extract<
  Node,
  {
    type:
      | 'ArrowFunctionExpression'
      | 'ClassMethod'
      | 'ClassPrivateMethod'
      | 'FunctionDeclaration'
      | 'FunctionExpression'
      | 'ObjectMethod';
  }
>;

export function isFunction(node: Node): node is FunctionNode {
  switch (node.type) {
    case 'ArrowFunctionExpression':
    case 'ClassMethod':
    case 'ClassPrivateMethod':
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ObjectMethod':
      return true;
    default:
      return false;
  }
}

/** The name after the dot, or in the brackets where it is a literal; undefined where only the run knows. */
export function memberName(node: Node): string | undefined {
  if (node.type !== 'MemberExpression' && node.type !== 'OptionalMemberExpression') return undefined;
  if (!node.computed) return node.property.type === 'Identifier' ? node.property.name : undefined;
  return node.property.type === 'StringLiteral' ? node.property.value : undefined;
}
