import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Chips that the kernel's gpio-sim makes, and the wires to them. */

const CONFIG = '/sys/kernel/config/gpio-sim';
const CLASS = '/sys/class/gpio';

export type Level = 'high' | 'low';

/** One chip: `label` is what the kernel calls it. */
export class SimChip {
  readonly label: string;
  /** The number of its first line among all lines of the kernel. */
  readonly base: number;
  readonly #config: string;
  readonly #lines: string;

  /**
   * @param names of its lines, by offset; a line may have none.
   * @param name of its folder, where two chips are to have one label.
   */
  constructor(label: string, count: number, names: Readonly<Record<number, string>>, name = label) {
    this.label = label;
    this.#config = join(CONFIG, name);
    const bank = join(this.#config, 'bank');
    mkdirSync(this.#config);
    mkdirSync(bank);
    writeFileSync(join(bank, 'num_lines'), `${count}`);
    writeFileSync(join(bank, 'label'), label);
    for (const [offset, name] of Object.entries(names)) {
      mkdirSync(join(bank, `line${offset}`));
      writeFileSync(join(bank, `line${offset}`, 'name'), name);
    }
    writeFileSync(join(this.#config, 'live'), '1');
    const device = readFileSync(join(this.#config, 'dev_name'), 'utf8').trim();
    this.#lines = join('/sys/devices/platform', device, readFileSync(join(bank, 'chip_name'), 'utf8').trim());
    this.base = baseOf(label);
  }

  /** What the line is at, from whichever side it is driven. */
  level(offset: number): Level {
    return readFileSync(join(this.wire(offset), 'value'), 'utf8').trim() === '1' ? 'high' : 'low';
  }

  /** Drives the line from outside, as far as nobody inside drives it. */
  pull(offset: number, level: Level): void {
    writeFileSync(join(this.wire(offset), 'pull'), level === 'high' ? 'pull-up' : 'pull-down');
  }

  /** The folder with the files `pull` and `value` of the line. */
  wire(offset: number): string {
    return join(this.#lines, `sim_gpio${offset}`);
  }

  /** Takes the chip away, as when its board is unplugged. */
  unplug(): void {
    writeFileSync(join(this.#config, 'live'), '0');
    const bank = join(this.#config, 'bank');
    for (const line of globSync(join(bank, 'line*'))) rmdirSync(line);
    rmdirSync(bank);
    rmdirSync(this.#config);
  }

  /** Takes the line back from sysfs, which keeps it for a process that is gone. */
  unexport(offset: number): void {
    const number = this.base + offset;
    if (existsSync(join(CLASS, `gpio${number}`))) writeFileSync(join(CLASS, 'unexport'), `${number}`);
  }
}

function baseOf(label: string): number {
  for (const name of readdirSync(CLASS)) {
    const [, base] = /^gpiochip(\d+)$/.exec(name) ?? [];
    if (base !== undefined && readFileSync(join(CLASS, name, 'label'), 'utf8').trim() === label) return Number(base);
  }
  throw new Error(`the kernel does not show the chip ${label} in ${CLASS}`);
}
