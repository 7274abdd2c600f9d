import type { Node } from '@babel/types';
import { collectFaults, type Fault } from './faults.ts';
import type { Finding } from './finding.ts';
import type { House } from './house.ts';

const FOCUS = new Set(['only', 'skip', 'todo']);
const TEST_ROOTS = new Set(['describe', 'it', 'suite', 't', 'tap', 'test']);

/** A test that is focused, skipped or postponed says nothing, and looks as if it did. */
export function checkFocusedTests(house: House): readonly Finding[] {
  return house.modules
    .filter((module) => module.path.startsWith('test/'))
    .flatMap((module) => collectFaults(module, 'focused-test', focusFault));
}

function focusFault(node: Node): Fault | undefined {
  if (node.type !== 'CallExpression') return undefined;
  const [first] = node.arguments;
  const { callee } = node;
  const isTitled = first?.type === 'StringLiteral' || first?.type === 'TemplateLiteral';
  if (callee.type === 'MemberExpression' && callee.property.type === 'Identifier' && FOCUS.has(callee.property.name)) {
    // `cursor.skip(4)` is something else.
    if (isTitled || first === undefined || TEST_ROOTS.has(rootName(callee))) return focused(`.${callee.property.name}`);
  }
  if (!node.arguments.some((one) => one.type === 'StringLiteral' || one.type === 'TemplateLiteral')) return undefined;
  for (const argument of node.arguments) {
    if (argument.type !== 'ObjectExpression') continue;
    for (const one of argument.properties) {
      if (one.type !== 'ObjectProperty' || one.key.type !== 'Identifier' || !FOCUS.has(one.key.name)) continue;
      // `{ skip: 10 }` pages through something.
      if (one.value.type === 'NumericLiteral' || (one.value.type === 'BooleanLiteral' && !one.value.value)) continue;
      return focused(`{ ${one.key.name} }`);
    }
  }
  return undefined;
}

function focused(what: string): Fault {
  return { message: `${what} hides tests: mend or delete the test` };
}

function rootName(node: Node): string {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' ? rootName(node.object) : '';
}
