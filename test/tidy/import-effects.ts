import type { Statement } from '@babel/types';
import { type Effect, effectsOf, localFunctions, nameOf } from './effects.ts';
import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';
import { type FunctionNode, isErased, lineOf } from './syntax.ts';

type LocalFunctions = ReadonlyMap<string, FunctionNode>;

/** Importing a file does nothing but define: no call, no statement, no look at the environment. */
export function checkImportEffects(house: House): readonly Finding[] {
  return house.modules.flatMap(({ path, ast }): readonly Finding[] => {
    if (!isProduct(path) || house.entries.has(path)) return [];
    const functions = localFunctions(ast.program);
    return ast.program.body
      .flatMap((one) => effectsOfStatement(one, functions))
      .map(({ node, what }) => {
        const message = `'${what}' runs when the file is imported: put it into a function that the entry calls`;
        return { path, line: lineOf(node), rule: 'import-effect', message, subject: what };
      });
  });
}

function effectsOfStatement(statement: Statement, functions: LocalFunctions): readonly Effect[] {
  if (isErased(statement)) return [];
  switch (statement.type) {
    case 'ImportDeclaration':
      return statement.specifiers.length > 0 ? [] : [{ node: statement, what: `import '${statement.source.value}'` }];
    case 'ExportNamedDeclaration':
      return statement.declaration ? effectsOfStatement(statement.declaration, functions) : [];
    case 'ExportDefaultDeclaration':
    case 'ClassDeclaration':
    case 'FunctionDeclaration':
    case 'VariableDeclaration':
      return effectsOf(statement, functions);
    case 'ExpressionStatement': {
      const { expression } = statement;
      if (expression.type !== 'CallExpression' || nameOf(expression.callee) !== 'assert') {
        const effects = effectsOf(expression, functions);
        return effects.length > 0 ? effects : [{ node: statement, what: 'a bare expression' }];
      }
      return expression.arguments.flatMap((one) => effectsOf(one, functions));
    }
    case 'EmptyStatement':
    case 'ExportAllDeclaration':
      return [];
    default:
      return [{ node: statement, what: KEYWORDS.get(statement.type) ?? statement.type }];
  }
}

const KEYWORDS = new Map([
  ['BlockStatement', '{ … }'],
  ['ForInStatement', 'for'],
  ['ForOfStatement', 'for'],
  ['ForStatement', 'for'],
  ['IfStatement', 'if'],
  ['SwitchStatement', 'switch'],
  ['ThrowStatement', 'throw'],
  ['TryStatement', 'try'],
  ['WhileStatement', 'while'],
]);
