import { PINS_INPUTS_MAX, PINS_OUTPUTS_MAX, PINS_WIEGAND_MAX } from '../../base/limits.ts';
import { wrongOption } from './declaration-text.ts';
import { type Declaration, pinsOf, readDeclaration, samePin } from './declarations.ts';
import { type Fault, readFault } from './faults.ts';

export interface PinsOptions {
  readonly action: 'run' | 'check' | 'help' | 'version';
  readonly socketPath: string;
  /** What the command line declares; with an options file, nothing. */
  readonly declarations: readonly Declaration[];
  readonly optionsPath: string | undefined;
  readonly tracePath: string | undefined;
  readonly drivePath: string | undefined;
  readonly faults: readonly Fault[];
}

const SOCKET_PATH_BYTES_MAX = 107;
const COUNTS_MAX = { output: PINS_OUTPUTS_MAX, input: PINS_INPUTS_MAX, wiegand: PINS_WIEGAND_MAX };
const PLURALS = { output: 'outputs', input: 'inputs', wiegand: 'Wiegand readers' };

/** Adds one more, which shares neither name nor pin with those before. @throws bad_pins_option */
export function addDeclaration(declarations: Declaration[], one: Declaration): void {
  const option = `--${one.kind}`;
  const max = COUNTS_MAX[one.kind];
  if (declarations.filter(({ kind }) => kind === one.kind).length === max) {
    throw wrongOption(`${option}: at most ${max} ${PLURALS[one.kind]}`);
  }
  for (const other of declarations) {
    if (other.name === one.name) throw wrongOption(`${option} ${one.name}: this name is given twice`);
    if (pinsOf(one).some((pin) => pinsOf(other).some((taken) => samePin(pin, taken)))) {
      throw wrongOption(`${option} ${one.name}: ${other.kind} ${other.name} has the same pin`);
    }
  }
  declarations.push(one);
}

function checkedPath(option: string, path: string, before: string | undefined): string {
  if (before !== undefined) throw wrongOption(`${option} is given twice`);
  if (path === '') throw wrongOption(`${option}: the path is empty`);
  if (option !== '--options' && Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw wrongOption(`${option}: a path has at most ${SOCKET_PATH_BYTES_MAX} bytes`);
  }
  return path;
}

/** The options read so far. */
class Reading {
  readonly declarations: Declaration[] = [];
  readonly faults: Fault[] = [];
  action: PinsOptions['action'] = 'run';
  socketPath: string | undefined;
  optionsPath: string | undefined;
  tracePath: string | undefined;
  drivePath: string | undefined;

  take(option: string, value: string): void {
    const declaration = readDeclaration(option, value);
    if (declaration !== undefined) addDeclaration(this.declarations, declaration);
    else if (option === '--socket') this.socketPath = checkedPath(option, value, this.socketPath);
    else if (option === '--options') this.optionsPath = checkedPath(option, value, this.optionsPath);
    else if (option === '--drive') this.drivePath = checkedPath(option, value, this.drivePath);
    else if (option === '--trace') this.tracePath = value;
    else if (option === '--fault') this.faults.push(readFault(value));
    else throw wrongOption(`${option}: unknown option; --help lists them`);
  }

  checked(): PinsOptions {
    const { socketPath, optionsPath, declarations } = this;
    if (socketPath === undefined) throw wrongOption('--socket PATH is needed');
    if (optionsPath === undefined && declarations.length === 0) {
      throw wrongOption('--output is needed, or --input or --wiegand, at least once; or --options FILE');
    }
    if (optionsPath !== undefined && declarations.length > 0) {
      throw wrongOption('--options: the file declares every line, so none is declared beside it');
    }
    return { ...this, socketPath };
  }
}

/**
 * Reads the command line of a TypeScript pins process (without the program's own name).
 * @throws bad_pins_option naming the option and what is wrong with it
 */
export function readPinsOptions(argv: readonly string[]): PinsOptions {
  const reading = new Reading();
  for (let i = 0; i < argv.length; i += 1) {
    const option = argv[i] ?? '';
    if (option === '--help' || option === '--version') {
      return { ...reading, socketPath: '', action: option === '--help' ? 'help' : 'version' };
    }
    if (option === '--check') {
      reading.action = 'check';
      continue;
    }
    i += 1;
    const value = argv[i];
    if (value === undefined) throw wrongOption(`${option}: unknown option, or one without its value`);
    reading.take(option, value);
  }
  return reading.checked();
}
