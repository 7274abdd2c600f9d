import { CodedError } from '../../base/errors.ts';
import { PINS_LABEL_BYTES_MAX, PINS_ON_MS_MAX, PINS_OUTPUTS_MAX } from '../../base/limits.ts';
import { isPinsName, type PinsLevel, readNumber } from './protocol.ts';

/** One output as `--output` declares it; the grammar stands in PROTOCOL.md. */
export interface OutputOptions {
  readonly name: string;
  /** The physical level while on; the other one is the safe level. */
  readonly active: PinsLevel;
  readonly longestMs: number;
  /** The pin, as text that is equal for equal pins. */
  readonly pin: string;
}

/** The next `count` tries to drive `output` on or off fail. */
export interface FaultOptions {
  readonly output: string;
  readonly on: boolean;
  count: number;
}

export interface PinsOptions {
  readonly action: 'run' | 'check' | 'help' | 'version';
  readonly socketPath: string;
  readonly outputs: readonly OutputOptions[];
  readonly tracePath: string | undefined;
  readonly faults: readonly FaultOptions[];
}

const KEYS: readonly string[] = ['chip', 'line', 'offset', 'active', 'safe', 'longest'];
const OUTPUT_TEXT_BYTES_MAX = 255;
const SOCKET_PATH_BYTES_MAX = 107;
const LINE_OFFSET_MAX = 4095;

function wrong(text: string): CodedError {
  return new CodedError('bad_pins_option', text, { advice: '--help shows the options' });
}

function cut(text: string): { name: string; values: ReadonlyMap<string, string> } {
  const [name = '', ...parts] = text.split(',');
  const values = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 0) throw wrong(`--output ${text}: expected key=value, found "${part}"`);
    const key = part.slice(0, equals);
    if (!KEYS.includes(key)) throw wrong(`--output ${text}: unknown key "${key}"`);
    if (values.has(key)) throw wrong(`--output ${text}: ${key} is given twice`);
    if (equals === part.length - 1) throw wrong(`--output ${text}: ${key} is empty`);
    values.set(key, part.slice(equals + 1));
  }
  return { name, values };
}

function readPin(name: string, values: ReadonlyMap<string, string>): string {
  const chip = values.get('chip');
  const line = values.get('line');
  const offset = values.get('offset');
  if (line === undefined && offset === undefined) {
    throw wrong(`--output ${name}: no pin: give line=NAME, or chip=LABEL and offset=NUMBER`);
  }
  if (line !== undefined && offset !== undefined) throw wrong(`--output ${name}: line and offset both name the pin`);
  if (offset !== undefined && chip === undefined) {
    throw wrong(`--output ${name}: an offset alone is a computed number: add chip=LABEL, or use line=NAME`);
  }
  if (chip !== undefined && /^(gpiochip)?[0-9]+$/.test(chip)) {
    throw wrong(`--output ${name}: chip "${chip}" is a number that changes with the boot order: use its label`);
  }
  for (const label of [chip, line]) {
    if (label !== undefined && Buffer.byteLength(label) > PINS_LABEL_BYTES_MAX) {
      throw wrong(`--output ${name}: labels and line names have at most ${PINS_LABEL_BYTES_MAX} bytes`);
    }
  }
  const number = offset === undefined ? 0 : readNumber(offset);
  if (number === undefined || number > LINE_OFFSET_MAX) {
    throw wrong(`--output ${name}: offset "${offset}" is not a number from 0 to ${LINE_OFFSET_MAX}`);
  }
  return `${chip ?? ''},${line ?? ''},${number}`;
}

function readLevel(name: string, key: string, values: ReadonlyMap<string, string>): PinsLevel {
  const level = values.get(key);
  if (level === 'high' || level === 'low') return level;
  throw wrong(`--output ${name}: ${key}=high or ${key}=low is needed`);
}

/** @throws bad_pins_option */
function readOutput(text: string): OutputOptions {
  if (Buffer.byteLength(text) > OUTPUT_TEXT_BYTES_MAX) {
    throw wrong(`--output: at most ${OUTPUT_TEXT_BYTES_MAX} bytes`);
  }
  const { name, values } = cut(text);
  if (!isPinsName(name)) throw wrong(`--output ${text}: a name has 1 to 32 of 0-9 a-z A-Z _ -`);
  const pin = readPin(name, values);
  const active = readLevel(name, 'active', values);
  const safe = readLevel(name, 'safe', values);
  if (active === safe) throw wrong(`--output ${name}: active and safe are both ${safe}: at rest it would be on`);
  const longestMs = readNumber(values.get('longest') ?? '');
  if (longestMs === undefined || longestMs < 1 || longestMs > PINS_ON_MS_MAX) {
    throw wrong(`--output ${name}: longest=MS from 1 to ${PINS_ON_MS_MAX} is needed`);
  }
  return { name, active, longestMs, pin };
}

function readFault(text: string): FaultOptions {
  const match = /^([^,]{1,32}),(on|off),([0-9]{1,4})$/.exec(text);
  if (match === null) throw wrong(`--fault ${text}: expected OUTPUT,on|off,COUNT`);
  return { output: match[1] ?? '', on: match[2] === 'on', count: Number(match[3]) };
}

function addOutput(outputs: OutputOptions[], text: string): void {
  if (outputs.length === PINS_OUTPUTS_MAX) throw wrong(`--output: at most ${PINS_OUTPUTS_MAX} outputs`);
  const output = readOutput(text);
  for (const other of outputs) {
    if (other.name === output.name) throw wrong(`--output ${output.name}: this name is given twice`);
    if (other.pin === output.pin) throw wrong(`--output ${output.name}: output ${other.name} has the same pin`);
  }
  outputs.push(output);
}

/**
 * Reads the command line of the virtual pins process (without the program's own name).
 * @throws bad_pins_option naming the option and what is wrong with it
 */
export function readPinsOptions(argv: readonly string[]): PinsOptions {
  let action: PinsOptions['action'] = 'run';
  let socketPath = '';
  let tracePath: string | undefined;
  const outputs: OutputOptions[] = [];
  const faults: FaultOptions[] = [];
  for (let i = 0; i < argv.length; i += 1) {
    const option = argv[i];
    if (option === '--help') return { action: 'help', socketPath, outputs, tracePath, faults };
    if (option === '--version') return { action: 'version', socketPath, outputs, tracePath, faults };
    if (option === '--check') {
      action = 'check';
      continue;
    }
    i += 1;
    const value = argv[i];
    if (value === undefined) throw wrong(`${option}: unknown option, or one without its value`);
    if (option === '--socket') {
      if (socketPath !== '') throw wrong('--socket is given twice');
      if (value === '') throw wrong('--socket: the path is empty');
      if (Buffer.byteLength(value) > SOCKET_PATH_BYTES_MAX) {
        throw wrong(`--socket: a path has at most ${SOCKET_PATH_BYTES_MAX} bytes`);
      }
      socketPath = value;
    } else if (option === '--output') addOutput(outputs, value);
    else if (option === '--trace') tracePath = value;
    else if (option === '--fault') faults.push(readFault(value));
    else throw wrong(`${option}: unknown option; --help lists them`);
  }
  if (socketPath === '') throw wrong('--socket PATH is needed');
  if (outputs.length === 0) throw wrong('--output is needed, at least once');
  return { action, socketPath, outputs, tracePath, faults };
}
