import { isBuiltin } from 'node:module';
import { DAPP_STDIO, DAPP_STDIO_TWIN } from './entries.ts';
import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';
import type { ImportFact, Module } from './module-facts.ts';
import { BANNED_GLOBALS, CHANCE, LANGUAGE_GLOBALS, WORLD } from './pure-globals.ts';
import { IMPURE_FLOOR_MIN, placeOf } from './rooms.ts';
import { type GlobalUse, globalUses } from './scope.ts';
import { lineOf, memberName, walk } from './syntax.ts';

/** Built-in modules that are functions of their arguments; `node:crypto` is one in src/format, without its chance. */
const PURE_BUILTINS = new Set(['buffer', 'path/posix', 'string_decoder', 'util']);
const PURE_PACKAGES = /^(@ipld\/dag-cbor|@noble\/curves|@noble\/hashes|ajv|multiformats)(\/|$)/;
const CHANCE_OF_CRYPTO = /^(default|generate|getRandom|prng|pseudoRandom|random|rng|webcrypto)/;

/** Methods whose answer depends on the locale data of the machine, so that two boards may differ. */
const LOCALE_METHODS = /^(localeCompare|toLocale\w+)$/;

const DAPP = 'a dapp runs in QuickJS and is replayed: time, seed and the rest come with the call, or through the SDK';

/** Floors 0 to 2 and the dapps take time, chance and the world as arguments, so that a replay is exact. */
export function checkPurity(house: House): readonly Finding[] {
  return house.modules
    .filter((module) => isPure(module.path))
    .flatMap((module) => [
      ...module.imports.flatMap((one) => importFindings(module, one)),
      ...globalUses(module.ast.program).flatMap((use) => globalFindings(module, use)),
      ...localeFindings(module),
    ]);
}

/** Only the command line speaks to a terminal: a node logs through its logger, a dapp's output is its protocol. */
export function checkConsole(house: House): readonly Finding[] {
  const silent = ({ path }: Module): boolean => {
    return isProduct(path) && !path.startsWith('src/cli/') && path !== DAPP_STDIO;
  };
  return house.modules.filter(silent).flatMap(({ path, ast }) =>
    globalUses(ast.program)
      .filter((use) => use.name === 'console')
      .map(({ line }): Finding => {
        return {
          path,
          line,
          rule: 'console',
          message: 'console is for src/cli: log through the logger that is handed in',
        };
      }),
  );
}

function isPure(path: string): boolean {
  const place = placeOf(path);
  if (place.kind === 'dapp') return path !== DAPP_STDIO && path !== DAPP_STDIO_TWIN;
  return place.kind === 'room' && place.room.floor < IMPURE_FLOOR_MIN;
}

function importFindings({ path }: Module, { specifier, target, line, names }: ImportFact): readonly Finding[] {
  const finding = (message: string): readonly Finding[] => [{ path, line, rule: 'impure', message }];
  if (specifier === undefined || target !== undefined) return [];
  const isDapp = path.startsWith('dapps/');
  if (!isBuiltin(specifier)) {
    if (isDapp || PURE_PACKAGES.test(specifier)) return [];
    return finding(`imports the package '${specifier}', which is not known to be pure (${WORLD})`);
  }
  const name = specifier.replace(/^node:/, '');
  if (isDapp) return finding(`imports '${specifier}': a dapp must run in QuickJS; only ${DAPP_STDIO} knows Node`);
  if (PURE_BUILTINS.has(name)) return [];
  if (name !== 'crypto' || !path.startsWith('src/format/')) return finding(`imports '${specifier}': ${WORLD}`);
  if (names === 'all' || names.includes('default')) {
    return finding(`imports all of '${specifier}': name the functions, so that its sources of chance stay out`);
  }
  return names.filter((one) => CHANCE_OF_CRYPTO.test(one)).flatMap((one) => finding(`imports '${one}': ${CHANCE}`));
}

function globalFindings({ path }: Module, use: GlobalUse): readonly Finding[] {
  const member = memberName(use.parent);
  const shown = member === undefined ? use.name : `${use.name}.${member}`;
  const finding = (why: string): readonly Finding[] => {
    return [{ path, line: use.line, rule: 'impure', message: `uses ${shown}: ${why}` }];
  };
  const isDapp = path.startsWith('dapps/');
  if (isDapp && !LANGUAGE_GLOBALS.has(use.name)) {
    // The rule 'console' says what to do about that one.
    return use.name === 'console' ? [] : finding(DAPP);
  }
  const why = BANNED_GLOBALS.get(use.name);
  if (why === undefined || isPureUse(use, member)) return [];
  return finding(isDapp ? DAPP : why);
}

/** What is left of `Date` and `Math` without the clock and the dice, as long as they do not leave by another name. */
function isPureUse({ name, node, parent }: GlobalUse, member: string | undefined): boolean {
  if (name === 'Math') return member !== undefined && member !== 'random';
  if (name !== 'Date') return false;
  if (member === 'UTC') return true;
  if (parent.type === 'BinaryExpression') return parent.operator === 'instanceof' && parent.right === node;
  if (parent.type !== 'NewExpression' || parent.callee !== node) return false;
  return parent.arguments[0] !== undefined && parent.arguments[0].type !== 'SpreadElement';
}

function localeFindings({ path, ast }: Module): readonly Finding[] {
  const findings: Finding[] = [];
  walk(ast.program, (node) => {
    const name = memberName(node);
    if (name === undefined || !LOCALE_METHODS.test(name)) return undefined;
    const message = `uses .${name}: locale data differs between boards; compare or format by code units`;
    findings.push({ path, line: lineOf(node), rule: 'impure', message });
    return undefined;
  });
  return findings;
}
