import { applyAllowances } from './allowances.ts';
import { checkConstructs, checkErrorCodes, checkSpecifiers } from './constructs.ts';
import { checkCycles } from './cycles.ts';
import { checkDeadCaps, checkDeadExports, checkDeadFiles } from './dead-code.ts';
import type { Finding } from './finding.ts';
import { checkFloors } from './floors.ts';
import { checkFocusedTests } from './focused-tests.ts';
import type { House } from './house.ts';
import { checkImportEffects } from './import-effects.ts';
import { checkFileNames, checkLinks, checkLockfile, checkMachinePaths } from './plain-text.ts';
import { checkConsole, checkPurity } from './purity.ts';
import { checkRatchet, checkSizes } from './size.ts';

const CHECKS: readonly ((house: House) => readonly Finding[])[] = [
  checkConsole,
  checkConstructs,
  checkCycles,
  checkDeadCaps,
  checkDeadExports,
  checkDeadFiles,
  checkErrorCodes,
  checkFileNames,
  checkFloors,
  checkFocusedTests,
  checkImportEffects,
  checkLinks,
  checkLockfile,
  checkMachinePaths,
  checkPurity,
  checkRatchet,
  checkSizes,
  checkSpecifiers,
  checkSyntax,
];

/** Every finding of every check that no allowance excuses, by path and line. */
export function checkHouse(house: House): readonly Finding[] {
  const findings = CHECKS.flatMap((check) => check(house));
  return applyAllowances(findings, house.allowances);
}

/** A file that does not parse is seen by no other check. */
function checkSyntax(house: House): readonly Finding[] {
  return house.unparsed.map(({ path, line, reason }) => {
    return { path, line, rule: 'syntax', message: `does not parse, so nothing else is checked: ${reason}` };
  });
}
