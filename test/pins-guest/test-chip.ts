import { execFile } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PinsDrive, TraceLine } from '../contract/pins-process.ts';
import { type Level, SimChip } from './gpio-sim.ts';
import { tracedLevels } from './kernel-trace.ts';

/** A chip of the kernel with the lines that the contract suites name, under names that no other chip has. */

const LINES = ['DOOR', 'BRIEF', 'EXIT', null, 'CONTACT', 'GATE_D0', 'GATE_D1', 'SIDE_D0', 'SIDE_D1'];

/** How long a pulse of a Wiegand reader is, and how far the next one is from it. */
export interface Pace {
  readonly pulseUs: number;
  readonly intervalUs: number;
}

/** Seen in the field (XPR). */
const USUAL: Pace = { pulseUs: 100, intervalUs: 1_000 };

/** Longer than any reader of the suites is declared with. */
const GAP_MS = 60;

/** What the machine made of a pace, in microseconds. */
export interface Paced {
  readonly pulseUs: readonly [min: number, max: number];
  readonly intervalUs: readonly [min: number, max: number];
}

const run = promisify(execFile);

export class TestChip implements PinsDrive {
  readonly chip: SimChip;
  /** The line of each input, and of D0 and D1 of each reader, as last declared. */
  readonly #offsets = new Map<string, number>();

  /** Of each reader, when the gap after its last frame is over. */
  readonly #over = new Map<string, Promise<void>>();

  constructor(label: string) {
    const names = LINES.flatMap((name, offset) => (name === null ? [] : [[offset, `${name}-${label}`] as const]));
    this.chip = new SimChip(label, LINES.length, Object.fromEntries(names));
  }

  /**
   * A declaration, on this chip. Without names, by chip and offset alone; and with the pull of an input made by the
   * wiring, where the program cannot switch one on.
   */
  place(declaration: string, isNamed: boolean): string {
    const [name = '', ...words] = declaration.split(',');
    const bias = words.find((word) => word.startsWith('bias='));
    const placed = words.flatMap((word) => {
      const [key = '', value = ''] = word.split('=');
      if (key === 'chip') return isNamed ? [`chip=${this.chip.label}`] : [];
      if (key === 'offset') this.#offsets.set(name, Number(value));
      if (key === 'bias' && !isNamed) return ['bias=none'];
      if (key !== 'line' && key !== 'd0' && key !== 'd1') return [word];
      const offset = LINES.indexOf(value);
      this.#offsets.set(key === 'line' ? name : `${name}.${key}`, offset);
      return [isNamed ? `${key}=${value}-${this.chip.label}` : `offset=${offset}`];
    });
    if (!isNamed && bias !== undefined) this.#pull(name, bias === 'bias=pull-up' ? 'high' : 'low');
    return [name, ...(isNamed ? [] : [`chip=${this.chip.label}`]), ...placed].join(',');
  }

  async level(input: string, level: Level): Promise<void> {
    this.#pull(input, level);
  }

  async frame(reader: string, bits: string): Promise<void> {
    await this.paced(reader, bits, USUAL);
  }

  /** A frame at any pace, after a gap, as a reader makes it between two cards. */
  async paced(reader: string, bits: string, pace: Pace): Promise<Paced> {
    const over = this.#over.get(reader) ?? Promise.resolve();
    const done = over.then(() => this.#pulse(reader, bits, pace));
    this.#over.set(
      reader,
      done.then(() => pause(GAP_MS)),
    );
    return await done;
  }

  async #pulse(reader: string, bits: string, { pulseUs, intervalUs }: Pace): Promise<Paced> {
    const wires = ['d0', 'd1'].map((line) => `${this.chip.wire(this.#offset(`${reader}.${line}`))}/pull`);
    const { stdout } = await run('/bin/test-pulser', [...wires, bits, `${pulseUs}`, `${intervalUs}`]);
    const [shortest = 0, longest = 0, nearest = 0, farthest = 0] = stdout.split(' ').map(Number);
    return { pulseUs: [shortest, longest], intervalUs: [nearest, farthest] };
  }

  levelOf(name: string): Level {
    return this.chip.level(this.#offset(name));
  }

  /** What the kernel saw the process drive, levels that are no change left out. */
  trace(pid: number): TraceLine[] {
    const names = new Map([...this.#offsets].map(([name, offset]) => [this.chip.base + offset, name]));
    const levels = new Map<string, string>();
    return tracedLevels().flatMap((driven): TraceLine[] => {
      const output = names.get(driven.line);
      if (driven.pid !== pid || output === undefined || levels.get(output) === driven.level) return [];
      levels.set(output, driven.level);
      return [{ ns: driven.ns, output, level: driven.level }];
    });
  }

  /** Takes back what a process that was killed has left to sysfs. */
  clear(): void {
    for (const offset of LINES.keys()) this.chip.unexport(offset);
  }

  /** Another process is to have it: what was declared before is forgotten. */
  begin(): void {
    this.#offsets.clear();
  }

  #pull(name: string, level: Level): void {
    this.chip.pull(this.#offset(name), level);
  }

  #offset(name: string): number {
    const offset = this.#offsets.get(name);
    if (offset === undefined) throw new Error(`${name} has not been declared`);
    return offset;
  }
}
