import type { Finding } from './finding.ts';
import { type House, isProduct } from './house.ts';
import type { Module } from './module-facts.ts';
import { IMPURE_FLOOR_MIN, type Place, placeOf, ROOMS } from './rooms.ts';

/** Every import goes to the own room or a lower floor; dapps keep to themselves and the SDK. Types count. */
export function checkFloors(house: House): readonly Finding[] {
  return house.modules.filter((module) => isProduct(module.path)).flatMap(checkModule);
}

function checkModule(module: Module): readonly Finding[] {
  const { path } = module;
  const from = placeOf(path);
  if (from.kind === 'roomless') {
    const rooms = path.startsWith('src/') ? ROOMS.map((room) => room.folder).join(', ') : 'dapps/<name>';
    return [{ path, line: 1, rule: 'floor', message: `stands in no room of the house: move it into ${rooms}` }];
  }
  return module.imports.flatMap((one): readonly Finding[] => {
    const { specifier, target, line } = one;
    const fault = target === undefined ? packageFault(from, specifier) : importFault(from, target);
    return fault === undefined ? [] : [{ path, line, rule: 'floor', message: fault }];
  });
}

function packageFault(from: Place, specifier: string | undefined): string | undefined {
  if (from.kind !== 'dapp' || from.name === 'sdk' || specifier === undefined) return undefined;
  // Built-ins of Node are the business of the rule 'impure', for the SDK as well.
  if (specifier.startsWith('node:')) return undefined;
  return `a dapp imports its own folder and dapps/sdk, not the package '${specifier}': reach it through the SDK`;
}

function importFault(from: Place, target: string): string | undefined {
  const to = placeOf(target);
  if (to.kind === 'test') return `imports ${target}: what ships never imports a test; move the code out of test/`;
  if (from.kind === 'dapp') return dappFault(from.name, to, target);
  if (from.kind === 'image') return imageFault(to, target);
  if (from.kind !== 'room') return undefined;
  if (to.kind !== 'room') return `imports ${target}, which is no room of src: move it into one, on a lower floor`;
  if (from.room === to.room) return familyFault(from.family, to.family, target);
  if (to.room.floor < from.room.floor) return undefined;
  const where = `${from.room.folder} (floor ${from.room.floor}) imports ${target} (floor ${to.room.floor})`;
  if (to.room.floor > from.room.floor) return `${where}: move what it needs down, or take it as an argument`;
  if (to.room.folder === 'src/store' && to.room.floor === IMPURE_FLOOR_MIN) {
    return `${where}: take the interface that src/ledger or src/chunks declares, and let src/node hand the store in`;
  }
  return `${where}: rooms of one floor do not import each other; let a higher floor join them`;
}

function dappFault(name: string, to: Place, target: string): string | undefined {
  if (to.kind === 'dapp' && (to.name === name || to.name === 'sdk')) return undefined;
  const may = name === 'sdk' ? 'dapps/sdk imports only itself' : 'a dapp imports only its own folder and dapps/sdk';
  return `imports ${target}: ${may}; ask for it over the line protocol`;
}

/** The image is built beside the house: of what runs on a board it knows only what every floor knows. */
function imageFault(to: Place, target: string): string | undefined {
  if (to.kind === 'image' || (to.kind === 'room' && to.room.floor === 0)) return undefined;
  return `imports ${target}: the image's build imports its own files and src/base; run the program that has the rest`;
}

function familyFault(from: string, to: string, target: string): string | undefined {
  if (from === '' || to === '' || from === to) return undefined;
  return `the device family '${from}' imports ${target}: move what both need into a file directly in src/devices`;
}
