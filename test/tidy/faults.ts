import type { Node } from '@babel/types';
import type { Finding, Rule } from './finding.ts';
import type { Module } from './module-facts.ts';
import { lineOf, walk } from './syntax.ts';

/** A finding without its place. */
export interface Fault {
  readonly message: string;
  readonly subject?: string;
}

/** Asks `faultOf` about every node of a file. */
export function collectFaults(
  { path, ast }: Module,
  rule: Rule,
  faultOf: (node: Node) => Fault | undefined,
): readonly Finding[] {
  const findings: Finding[] = [];
  walk(ast.program, (node) => {
    const fault = faultOf(node);
    if (fault !== undefined) findings.push({ path, line: lineOf(node), rule, ...fault });
    return undefined;
  });
  return findings;
}
