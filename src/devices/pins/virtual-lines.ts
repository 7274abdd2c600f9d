import { openSync, writeSync } from 'node:fs';
import { CodedError } from '../../base/errors.ts';
import {
  type Declaration,
  type InputDeclaration,
  type OutputDeclaration,
  type Pin,
  pinsOf,
  type WiegandDeclaration,
} from './declarations.ts';
import { type Fault, isFaulty, readFault } from './faults.ts';
import type { ClaimedLine, InputEdge, InputLine, LinesBackend, OutputLine, WiegandEdge } from './lines.ts';
import { nowNs } from './monotonic.ts';
import type { PinsLevel } from './protocol.ts';
import { VirtualInput } from './virtual-input.ts';
import { VirtualReader } from './virtual-reader.ts';

interface VirtualLinesOptions {
  readonly tracePath: string | undefined;
  readonly faults: readonly Fault[];
}

function other(level: PinsLevel): PinsLevel {
  return level === 'high' ? 'low' : 'high';
}

/**
 * Lines in memory: every pin exists. Levels are traced as `NS OUTPUT high|low`, and `drive` moves inputs and readers,
 * both like the simulated C lines; an input is not debounced.
 */
export class VirtualLines implements LinesBackend {
  readonly #trace: number | undefined;
  readonly #faults: Fault[];
  readonly #inputs = new Map<string, VirtualInput>();
  readonly #readers = new Map<string, VirtualReader>();
  /** A line has one owner, as with the kernel. */
  readonly #taken = new Set<string>();

  constructor({ tracePath, faults }: VirtualLinesOptions) {
    this.#trace = tracePath === undefined ? undefined : openSync(tracePath, 'a', 0o600);
    this.#faults = [...faults];
  }

  place({ chip = '', line = '', offset = 0 }: Pin): string {
    return `${chip},${line},${offset}`;
  }

  claimOutput(declaration: OutputDeclaration, on: boolean): OutputLine {
    const { name, active } = declaration;
    const release = this.#take(declaration);
    let level = on ? active : other(active);
    const trace = () => {
      if (this.#trace !== undefined) writeSync(this.#trace, `${nowNs()} ${name} ${level}\n`);
    };
    trace();
    return {
      level: () => level,
      set: (value) => {
        this.#refuse(name, value ? 'on' : 'off', 'line_failed');
        const next = value ? active : other(active);
        if (next === level) return;
        level = next;
        trace();
      },
      release,
    };
  }

  claimInput(declaration: InputDeclaration, onEdge: (edge: InputEdge) => void): InputLine {
    const { name } = declaration;
    const release = this.#take(declaration);
    const input = new VirtualInput(declaration, onEdge, () => {
      this.#inputs.delete(name);
      release();
    });
    this.#inputs.set(name, input);
    return input;
  }

  claimWiegand(declaration: WiegandDeclaration, onEdge: (edge: WiegandEdge) => void): ClaimedLine {
    const { name, gapMs } = declaration;
    const release = this.#take(declaration);
    const reader = new VirtualReader(gapMs, onEdge, () => {
      this.#readers.delete(name);
      release();
    });
    this.#readers.set(name, reader);
    return reader;
  }

  /** Carries out one line of the drive socket. @throws CodedError with what is wrong with it. */
  drive(line: string): void {
    const [target = '', what = '', ...numbers] = line.split(' ');
    const [name = '', part = ''] = target.split('.');
    const reader = this.#readers.get(name);
    if (target === 'fault') {
      this.#faults.push(readFault(what));
    } else if (part === '' && (what === 'high' || what === 'low') && numbers.length === 0) {
      const input = this.#inputs.get(name);
      if (input === undefined) throw new CodedError('unknown_line', `no input ${name}`);
      input.drive(what);
    } else if (part === '') {
      throw new CodedError('bad_request', 'expected NAME high|low');
    } else if (reader === undefined) {
      throw new CodedError('unknown_line', `no Wiegand reader ${name}`);
    } else {
      reader.drive(part, [what, ...numbers]);
    }
  }

  /** Returns what gives the lines back. @throws line_busy */
  #take(declaration: Declaration): () => void {
    const { name } = declaration;
    this.#refuse(name, 'claim', 'line_busy');
    const places = pinsOf(declaration).map((pin) => this.place(pin));
    if (places.some((place) => this.#taken.has(place))) {
      throw new CodedError('line_busy', `${name}: its line is claimed`);
    }
    for (const place of places) this.#taken.add(place);
    return () => {
      for (const place of places) this.#taken.delete(place);
    };
  }

  #refuse(name: string, what: Fault['what'], code: string): void {
    if (!isFaulty(this.#faults, name, what)) return;
    throw new CodedError(code, `${name}: a fault was ordered for this line`);
  }
}
