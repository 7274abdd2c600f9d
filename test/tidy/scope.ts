import type { Identifier, Node } from '@babel/types';
import { isErased, isFunction, lineOf, walk } from './syntax.ts';

/** A use of a name that no scope of the file declares: a global. */
export interface GlobalUse {
  readonly name: string;
  readonly line: number;
  readonly node: Identifier;
  readonly parent: Node;
}

/** Values only. A name made known by `declare` is still the global of that name. */
export function globalUses(program: Node): readonly GlobalUse[] {
  const uses: GlobalUse[] = [];
  walk(program, (node, ancestors) => {
    if (isErased(node)) return 'skip';
    const parent = ancestors.at(-1);
    if (node.type !== 'Identifier' || parent === undefined || isOnlyAName(node, parent)) return undefined;
    if (ancestors.some((scope) => namesDeclaredBy(scope).has(node.name))) return undefined;
    uses.push({ name: node.name, line: lineOf(node), node, parent });
    return undefined;
  });
  return uses;
}

/** A property, label or specifier: it names something, but looks nothing up. */
function isOnlyAName(node: Identifier, parent: Node): boolean {
  switch (parent.type) {
    case 'MemberExpression':
    case 'OptionalMemberExpression':
      return parent.property === node && !parent.computed;
    case 'ObjectProperty':
    case 'ObjectMethod':
    case 'ClassMethod':
    case 'ClassProperty':
    case 'ClassAccessorProperty':
      return parent.key === node && !parent.computed;
    case 'BreakStatement':
    case 'ContinueStatement':
    case 'ExportNamespaceSpecifier':
    case 'ExportSpecifier':
    case 'ImportAttribute':
    case 'ImportSpecifier':
    case 'LabeledStatement':
    case 'MetaProperty':
    case 'PrivateName':
      return true;
    default:
      return false;
  }
}

const declaredNames = new WeakMap<Node, ReadonlySet<string>>();

/** The values that a function, block, loop or class makes known to what is inside it. */
export function namesDeclaredBy(scope: Node): ReadonlySet<string> {
  const known = declaredNames.get(scope);
  if (known !== undefined) return known;
  const names = new Set(findNamesDeclaredBy(scope));
  declaredNames.set(scope, names);
  return names;
}

function findNamesDeclaredBy(scope: Node): readonly string[] {
  if (isFunction(scope)) {
    const own = scope.type === 'FunctionExpression' && scope.id ? [scope.id.name] : [];
    return [...own, 'arguments', ...scope.params.flatMap(namesInPattern)];
  }
  switch (scope.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return scope.body.flatMap(namesInStatement);
    case 'SwitchStatement':
      return scope.cases.flatMap((one) => one.consequent.flatMap(namesInStatement));
    case 'ForStatement':
      return scope.init ? namesInStatement(scope.init) : [];
    case 'ForInStatement':
    case 'ForOfStatement':
      return namesInStatement(scope.left);
    case 'CatchClause':
      return scope.param ? namesInPattern(scope.param) : [];
    case 'ClassExpression':
      return scope.id ? [scope.id.name] : [];
    default:
      return [];
  }
}

/** The values that a statement declares in the scope it stands in. */
export function namesInStatement(statement: Node): readonly string[] {
  switch (statement.type) {
    case 'ImportDeclaration':
      return statement.specifiers.map((one) => one.local.name);
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
      return statement.declaration ? namesInStatement(statement.declaration) : [];
    case 'VariableDeclaration':
      return statement.declare ? [] : statement.declarations.flatMap((one) => namesInPattern(one.id));
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return statement.id && !statement.declare ? [statement.id.name] : [];
    default:
      return [];
  }
}

function namesInPattern(pattern: Node): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [pattern.name];
    case 'ObjectPattern':
      return pattern.properties.flatMap((one) => namesInPattern(one.type === 'RestElement' ? one : one.value));
    case 'ArrayPattern':
      return pattern.elements.flatMap((one) => (one ? namesInPattern(one) : []));
    case 'AssignmentPattern':
      return namesInPattern(pattern.left);
    case 'RestElement':
      return namesInPattern(pattern.argument);
    case 'TSParameterProperty':
      return namesInPattern(pattern.parameter);
    default:
      return [];
  }
}
