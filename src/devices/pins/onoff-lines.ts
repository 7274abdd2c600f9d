import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Direction, Edge, Gpio, Options } from 'onoff';
import { CodedError, codeOf, messageOf } from '../../base/errors.ts';
import type { InputDeclaration, OutputDeclaration, Pin, WiegandDeclaration } from './declarations.ts';
import type { ClaimedLine, InputEdge, InputLine, LinesBackend, OutputLine } from './lines.ts';
import { nowNs } from './monotonic.ts';
import { readValue, Watch } from './onoff-watch.ts';
import { sysfsFolder, sysfsHolders, sysfsNumber } from './sysfs.ts';

/** The class of onoff, whose addon is loaded only where somebody wants it. */
export type GpioClass = new (gpio: number, direction: Direction, edge?: Edge, options?: Options) => Gpio;

const HIGH = 1;
const LOW = 0;

/** Lines of the kernel through onoff and sysfs: what a kernel without GPIO v2 offers, and no more. */
export class OnoffLines implements LinesBackend {
  readonly #Gpio: GpioClass;
  readonly #claimed = new Set<Gpio>();

  constructor(Gpio: GpioClass) {
    this.#Gpio = Gpio;
  }

  place(pin: Pin): string {
    return `${sysfsNumber(pin)}`;
  }

  claimOutput({ name, pin, active }: OutputDeclaration, on: boolean): OutputLine {
    const activeValue = active === 'high' ? HIGH : LOW;
    const levelOf = (isOn: boolean) => (isOn ? activeValue : activeValue === HIGH ? LOW : HIGH);
    const first = levelOf(on);
    // Direction and level in one step, so that the line is never an output at the other level.
    const gpio = this.#claim(name, pin, first === HIGH ? 'high' : 'low', {});
    this.#check(gpio, name, 'out', first);
    return {
      set: (isOn) => gpio.writeSync(levelOf(isOn)),
      level: () => {
        const value = readValue(gpio);
        return value === undefined ? 'unknown' : value === HIGH ? 'high' : 'low';
      },
      release: () => this.#release(gpio),
    };
  }

  claimInput(declaration: InputDeclaration, onEdge: (edge: InputEdge) => void): InputLine {
    const { name, pin, active, bias, debounceMs } = declaration;
    if (bias !== 'none') {
      const text = `input ${name}: sysfs cannot switch on a ${bias} of the chip`;
      throw new CodedError('claim_failed', text, { advice: 'wire a resistor and say bias=none' });
    }
    const gpio = this.#claim(name, pin, 'in', { debounceTimeout: debounceMs });
    this.#check(gpio, name, 'in', undefined);
    const activeValue = active === 'high' ? HIGH : LOW;
    const watch = new Watch(gpio, (value, seq) => onEdge({ active: value === activeValue, atNs: nowNs(), seq }));
    return {
      isActive: () => {
        const value = readValue(gpio);
        return value === undefined ? undefined : value === activeValue;
      },
      release: () => {
        watch.end();
        this.#release(gpio);
      },
    };
  }

  claimWiegand({ name }: WiegandDeclaration): ClaimedLine {
    const text = `Wiegand reader ${name}: edges that come by sysfs have no order across lines, and near ones merge`;
    throw new CodedError('wiegand_unsupported', text, { advice: 'use blockmesh-pins, on a kernel with GPIO v2' });
  }

  /** Gives back what is still claimed. Outputs have been driven safe before. */
  close(): void {
    for (const gpio of this.#claimed) this.#release(gpio);
  }

  #claim(name: string, pin: Pin, direction: Direction, options: Options): Gpio {
    const number = sysfsNumber(pin);
    // One that was given out before may still have its owner, or the one who owned it died.
    const held = existsSync(sysfsFolder(number)) ? openSync(join(sysfsFolder(number), 'value'), 'r') : undefined;
    try {
      const [holder] = held === undefined ? [] : sysfsHolders(number);
      if (holder !== undefined) throw new CodedError('line_busy', `${name}: process ${holder} has line ${number} open`);
      const gpio = new this.#Gpio(number, direction, direction === 'in' ? 'both' : 'none', {
        ...options,
        activeLow: false,
      });
      this.#claimed.add(gpio);
      return gpio;
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      const code = codeOf(cause) === 'EBUSY' ? 'line_busy' : 'claim_failed';
      throw new CodedError(code, `${name}: line ${number}: ${messageOf(cause)}`, { cause });
    } finally {
      if (held !== undefined) closeSync(held);
    }
  }

  /** Of a line that was given out before, onoff hides what could not be set. @throws claim_failed */
  #check(gpio: Gpio, name: string, direction: Direction, value: number | undefined): void {
    const isAs = value === undefined || readValue(gpio) === value;
    if (isAs && gpio.direction() === direction && !gpio.activeLow()) return;
    this.#release(gpio);
    throw new CodedError('claim_failed', `${name}: the line does not become an ${direction}put as it should`);
  }

  #release(gpio: Gpio): void {
    if (!this.#claimed.delete(gpio)) return;
    try {
      gpio.unexport();
    } catch {
      // The line went with its chip.
    }
  }
}
