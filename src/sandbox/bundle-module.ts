import { stripTypeScriptTypes } from 'node:module';
import { parse } from '@babel/parser';
import { type ImportDeclaration, type Node, type Statement, traverseFast } from '@babel/types';
import { CodedError, messageOf } from '../base/errors.ts';

/** A module as the body of a function: what it needs from others by name, its text, and what it gives. */
export interface BundledModule {
  /** As written: `../sdk/state.ts`, `node:process`. In order, each once. */
  readonly specifiers: readonly string[];
  /** JavaScript without imports and exports; `nameOf` gives the constant that holds what a specifier exports. */
  print(nameOf: (specifier: string) => string): string;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: (nameOf: (specifier: string) => string) => string;
}

/**
 * Takes a TypeScript module apart. Types are stripped as Node strips them when it runs the source itself, so no line
 * of the program is another than the one that was tested.
 * @throws bundle_unsupported (path, line, construct), bundle_source_broken (path)
 */
export function readModule(path: string, source: string): BundledModule {
  let code: string;
  let statements: readonly Statement[];
  try {
    code = stripTypeScriptTypes(source);
    const tree = parse(code, { sourceType: 'module', createImportExpressions: true });
    traverseFast(tree, (node) => refuseUnsupported(path, node));
    statements = tree.program.body;
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    const advice = 'Run the type checker over it first.';
    throw new CodedError('bundle_source_broken', `${path} cannot be read as TypeScript: ${messageOf(cause)}`, {
      fields: { path },
      advice,
      cause,
    });
  }
  const specifiers = new Set<string>();
  const edits: Edit[] = [];
  const given: string[] = [];
  for (const statement of statements) {
    if (statement.type === 'ImportDeclaration') {
      specifiers.add(statement.source.value);
      edits.push(importEdit(statement));
    } else if (statement.type === 'ExportNamedDeclaration') {
      const inner = statement.declaration;
      given.push(...(inner ? declared(path, inner) : listed(path, statement)));
      const { start, end } = spanOf(statement);
      edits.push({ start, end: inner ? spanOf(inner).start : end, text: () => '' });
    }
  }
  return {
    specifiers: [...specifiers],
    print: (nameOf) => `${applyEdits(code, edits, nameOf).trimEnd()}\nreturn { ${given.join(', ')} };\n`,
  };
}

/** What a function body cannot hold, or what would mean something else in another file. */
function refuseUnsupported(path: string, node: Node): void {
  switch (node.type) {
    case 'ExportAllDeclaration':
    case 'ExportDefaultDeclaration':
      throw unsupported(path, node, 'an export without a name of its own');
    case 'ImportExpression':
      throw unsupported(path, node, 'import()');
    case 'MetaProperty':
      if (node.meta.name === 'import') throw unsupported(path, node, 'import.meta');
  }
}

function importEdit(statement: ImportDeclaration): Edit {
  const { specifiers, source } = statement;
  const parts: string[] = [];
  const wholes: string[] = [];
  for (const one of specifiers) {
    const local = one.local.name;
    if (one.type === 'ImportNamespaceSpecifier') wholes.push(local);
    else if (one.type === 'ImportDefaultSpecifier') parts.push(`default: ${local}`);
    else {
      const imported = one.imported.type === 'Identifier' ? one.imported.name : JSON.stringify(one.imported.value);
      parts.push(imported === local ? local : `${imported}: ${local}`);
    }
  }
  const text: Edit['text'] = (nameOf) => {
    const from = nameOf(source.value);
    const named = parts.length === 0 ? [] : [`const { ${parts.join(', ')} } = ${from};`];
    return [...named, ...wholes.map((local) => `const ${local} = ${from};`)].join(' ');
  };
  return { ...spanOf(statement), text };
}

/** The names of `export const`, `export function` and `export class`. */
function declared(path: string, inner: Statement): readonly string[] {
  if ((inner.type === 'FunctionDeclaration' || inner.type === 'ClassDeclaration') && inner.id) return [inner.id.name];
  // Whoever imports a name gets its value once, so only what never changes may leave.
  if (inner.type !== 'VariableDeclaration' || inner.kind !== 'const') throw unsupported(path, inner, 'export let');
  return inner.declarations.map(({ id }) => {
    if (id.type !== 'Identifier') throw unsupported(path, inner, 'an exported pattern');
    return id.name;
  });
}

function listed(path: string, statement: Extract<Statement, { type: 'ExportNamedDeclaration' }>): readonly string[] {
  if (statement.source) throw unsupported(path, statement, 'export … from');
  return statement.specifiers.map((one) => {
    if (one.type !== 'ExportSpecifier' || one.exported.type !== 'Identifier') {
      throw unsupported(path, statement, 'an export under a name that is none');
    }
    const { exported, local } = one;
    return exported.name === local.name ? local.name : `${exported.name}: ${local.name}`;
  });
}

function applyEdits(code: string, edits: readonly Edit[], nameOf: (specifier: string) => string): string {
  let printed = '';
  let from = 0;
  for (const { start, end, text } of edits) {
    printed += code.slice(from, start) + text(nameOf);
    from = end;
  }
  return printed + code.slice(from);
}

function spanOf(node: Node): { readonly start: number; readonly end: number } {
  return { start: node.start ?? 0, end: node.end ?? 0 };
}

function unsupported(path: string, node: Node, construct: string): CodedError {
  const line = node.loc?.start.line ?? 0;
  return new CodedError('bundle_unsupported', `${path}:${line} has ${construct}, which a bundle cannot hold`, {
    fields: { path, line, construct },
    advice: 'Export constants, functions and classes by their names, and import them by a path that is written out.',
  });
}
