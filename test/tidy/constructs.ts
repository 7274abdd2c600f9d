import type { Node } from '@babel/types';
import { collectFaults, type Fault } from './faults.ts';
import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';

/** Language that we do without, here and in the tests. */
export function checkConstructs(house: House): readonly Finding[] {
  return house.modules.flatMap((module) => collectFaults(module, 'construct', constructFault));
}

/** Node runs the sources as they are: a relative specifier names the file. */
export function checkSpecifiers(house: House): readonly Finding[] {
  return house.modules.flatMap(({ path, imports }): readonly Finding[] =>
    imports.flatMap(({ specifier, target, line }) => {
      const fault = specifierFault(path, specifier, target);
      return fault === undefined ? [] : [{ path, line, rule: 'specifier', message: fault }];
    }),
  );
}

/** Programs branch on codes: they have one spelling. */
export function checkErrorCodes(house: House): readonly Finding[] {
  return house.modules
    .filter((module) => isProduct(module.path))
    .flatMap((module) => collectFaults(module, 'error-code', errorCodeFault));
}

function constructFault(node: Node): Fault | undefined {
  switch (node.type) {
    case 'TSEnumDeclaration':
      return { subject: 'enum', message: "'enum' is not erasable: use a union of literals" };
    case 'TSModuleDeclaration':
      if (node.id.type === 'StringLiteral' || node.kind === 'global') return undefined;
      return { subject: 'namespace', message: "'namespace' is not erasable: a file is the module" };
    case 'TSParameterProperty':
      return { subject: 'parameter property', message: "'parameter property' is not erasable: declare the field" };
    case 'ExportAllDeclaration':
    case 'ExportNamespaceSpecifier':
      return { subject: 'export *', message: "'export *' hides what is exported: import from where it is defined" };
    case 'ExportDefaultDeclaration':
      return {
        subject: 'export default',
        message: "'export default' leaves the name to the importer: name the export",
      };
    case 'ExportSpecifier':
      if (node.exported.type !== 'Identifier' || node.exported.name !== 'default') return undefined;
      return {
        subject: 'export default',
        message: "'export default' leaves the name to the importer: name the export",
      };
    case 'TSAnyKeyword':
      return { subject: 'any', message: "'any' turns the checker off: use unknown and narrow it" };
    default:
      return undefined;
  }
}

function specifierFault(path: string, specifier: string | undefined, target: string | undefined): string | undefined {
  if (specifier === undefined) {
    return isProduct(path) ? 'import() of something other than a literal: no check can follow it' : undefined;
  }
  if (/^(\/|#|file:)/.test(specifier))
    return `'${specifier}' is neither relative nor a package: write the relative path`;
  if (target === undefined || /\.(ts|json)$/.test(specifier)) return undefined;
  return `'${specifier}' does not end in .ts: name the file as it is on disk`;
}

function errorCodeFault(node: Node): Fault | undefined {
  if (node.type !== 'NewExpression' || node.callee.type !== 'Identifier' || node.callee.name !== 'CodedError') {
    return undefined;
  }
  const wrong = node.arguments
    .slice(0, 1)
    .flatMap(literalsOf)
    .find((code) => !/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/.test(code));
  return wrong === undefined ? undefined : { message: `the error code '${wrong}' is not snake_case: rename it` };
}

/** The strings that an expression may be, as far as it shows them. */
function literalsOf(node: Node): readonly string[] {
  if (node.type === 'StringLiteral') return [node.value];
  if (node.type === 'TemplateLiteral') return [node.quasis.map((one) => one.value.raw).join('x')];
  if (node.type === 'ConditionalExpression') return [...literalsOf(node.consequent), ...literalsOf(node.alternate)];
  if (node.type === 'LogicalExpression') return [...literalsOf(node.left), ...literalsOf(node.right)];
  return [];
}
