import { posix } from 'node:path';
import type { File, Identifier, ImportDeclaration, Node, StringLiteral } from '@babel/types';
import { namesInStatement } from './scope.ts';
import { lineOf, memberName, walk } from './syntax.ts';

/** One way in which a file names another: import, re-export, `import()`, or a type's `import('…')`. */
export interface ImportFact {
  /** As written; undefined where `import()` is given something other than a literal. */
  readonly specifier: string | undefined;
  /** Path from the top of the tree, for a relative specifier. */
  readonly target: string | undefined;
  readonly line: number;
  /** What is taken of the target's exports. */
  readonly names: readonly string[] | 'all';
}

export interface ExportFact {
  readonly name: string;
  readonly line: number;
  /** An interface or type alias that other declarations of its own file are written with. */
  readonly isOwnTerm: boolean;
}

export interface Module {
  readonly path: string;
  readonly text: string;
  readonly ast: File;
  readonly imports: readonly ImportFact[];
  readonly exports: readonly ExportFact[];
}

export function moduleFacts(path: string, text: string, ast: File): Module {
  const imports: ImportFact[] = [];
  const add = (node: Node, source: Node, names: ImportFact['names']): void => {
    const specifier = source.type === 'StringLiteral' ? source.value : undefined;
    const relative = specifier !== undefined && /^\.{1,2}(\/|$)/.test(specifier);
    const target = relative ? posix.join(posix.dirname(path), specifier) : undefined;
    imports.push({ specifier, target, line: lineOf(node), names });
  };
  walk(ast.program, (node) => {
    if (node.type === 'ImportDeclaration') {
      add(node, node.source, namesTaken(ast, node));
    } else if (node.type === 'ExportNamedDeclaration' && node.source) {
      const names = node.specifiers.map((one) => (one.type === 'ExportSpecifier' ? one.local.name : undefined));
      add(node, node.source, names.every((one) => one !== undefined) ? names : 'all');
    } else if (node.type === 'ExportAllDeclaration') {
      add(node, node.source, 'all');
    } else if (node.type === 'ImportExpression') {
      add(node, node.source, 'all');
    } else if (node.type === 'TSImportType') {
      add(node, node.argument, node.qualifier ? [leftmostName(node.qualifier)] : 'all');
    } else if (node.type === 'TSExternalModuleReference') {
      add(node, node.expression, 'all');
    }
    return undefined;
  });
  return { path, text, ast, imports, exports: exportsIn(ast) };
}

function exportsIn(ast: File): readonly ExportFact[] {
  const terms = new Set<string>();
  walk(ast.program, (node) => {
    if (node.type === 'TSTypeReference') terms.add(leftmostName(node.typeName));
    else if (node.type === 'TSExpressionWithTypeArguments') terms.add(leftmostName(node.expression));
    return undefined;
  });
  return ast.program.body.flatMap((statement) => exportsOf(statement, terms));
}

function exportsOf(statement: Node, terms: ReadonlySet<string>): readonly ExportFact[] {
  if (statement.type === 'ExportDefaultDeclaration') {
    return [{ name: 'default', line: lineOf(statement), isOwnTerm: false }];
  }
  if (statement.type !== 'ExportNamedDeclaration') return [];
  const { declaration } = statement;
  if (!declaration) {
    return statement.specifiers.map((one) => ({ name: textOf(one.exported), line: lineOf(one), isOwnTerm: false }));
  }
  const line = lineOf(declaration);
  if (declaration.type === 'TSInterfaceDeclaration' || declaration.type === 'TSTypeAliasDeclaration') {
    const { name } = declaration.id;
    return [{ name, line, isOwnTerm: terms.has(name) }];
  }
  return namesInStatement(declaration).map((name) => ({ name, line, isOwnTerm: false }));
}

function namesTaken(ast: File, declaration: ImportDeclaration): ImportFact['names'] {
  const names: string[] = [];
  for (const one of declaration.specifiers) {
    if (one.type === 'ImportDefaultSpecifier') names.push('default');
    else if (one.type === 'ImportSpecifier') names.push(textOf(one.imported));
    else {
      const members = membersUsed(ast, one.local.name);
      if (members === 'all') return 'all';
      names.push(...members);
    }
  }
  return names;
}

/** What is used of `import * as space`: the names after the dot, or all when the whole object goes somewhere. */
function membersUsed(ast: File, space: string): readonly string[] | 'all' {
  const names: (string | undefined)[] = [];
  walk(ast.program, (node, ancestors) => {
    const parent = ancestors.at(-1);
    if (node.type !== 'Identifier' || node.name !== space || parent === undefined) return undefined;
    if (parent.type === 'ImportNamespaceSpecifier') return undefined;
    if (parent.type === 'MemberExpression' || parent.type === 'OptionalMemberExpression') {
      if (parent.object === node) names.push(memberName(parent));
    } else if (parent.type === 'TSQualifiedName') {
      if (parent.left === node) names.push(parent.right.name);
    } else names.push(undefined);
    return undefined;
  });
  const known = names.filter((name) => name !== undefined);
  return known.length === names.length ? known : 'all';
}

function textOf(name: Identifier | StringLiteral): string {
  return name.type === 'Identifier' ? name.name : name.value;
}

function leftmostName(name: Node): string {
  if (name.type === 'TSQualifiedName') return leftmostName(name.left);
  return name.type === 'Identifier' ? name.name : '';
}
