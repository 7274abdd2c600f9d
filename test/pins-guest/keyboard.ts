import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { ReadStream } from 'node:tty';
import { CHARACTERS } from '../../src/devices/keyboard/constants.ts';

/** Keyboards that the kernel's uinput makes, and the console that they would type on. */

const ENTER = 28;
const KEYPAD_ENTER = 96;
/** Keys of the keypad that write digits: their numbers are above those of the letters. */
const KEYPAD_FIRST = 71;

type Typist = ChildProcessByStdio<Writable, Readable, null>;

export class TestKeyboard {
  /** /dev/input/eventN. */
  readonly device: string;
  readonly #typist: Typist;

  private constructor(device: string, typist: Typist) {
    this.device = device;
    this.#typist = typist;
  }

  /** Plugs it in; `path` is the name that udev would give it. */
  static async plugIn(path: string): Promise<TestKeyboard> {
    const typist = spawn('/bin/test-keyboard', [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [folder] = (await once(createInterface({ input: typist.stdout }), 'line')) as [string];
    const event = readdirSync(folder).find((name) => name.startsWith('event')) ?? '';
    const device = join('/dev/input', event);
    mkdirSync(dirname(path), { recursive: true });
    rmSync(path, { force: true });
    symlinkSync(device, path);
    return new TestKeyboard(device, typist);
  }

  /** `down 30`, `up 30`, `key 30`. */
  send(line: string): void {
    this.#typist.stdin.write(`${line}\n`);
  }

  /** A number and Enter, on the main block or the keypad. */
  type(text: string, isKeypad = false): void {
    for (const character of text) {
      const keys = [...CHARACTERS].filter(([, one]) => one === character).map(([code]) => code);
      const code = keys.find((one) => one >= KEYPAD_FIRST === isKeypad) ?? keys[0];
      this.send(`key ${code}`);
    }
    this.send(`key ${isKeypad ? KEYPAD_ENTER : ENTER}`);
  }

  async unplug(): Promise<void> {
    const gone = once(this.#typist, 'exit');
    this.#typist.stdin.end();
    await gone;
  }
}

/** What keyboards write on the console that people see. */
export class TestConsole {
  readonly #stream: ReadStream;
  #text = '';
  #wake = () => {};

  constructor() {
    this.#stream = new ReadStream(openSync('/dev/tty1', 'r+'));
    this.#stream.setRawMode(true);
    this.#stream.setEncoding('latin1').on('data', (text) => {
      this.#text += String(text);
      this.#wake();
    });
  }

  get text(): string {
    return this.#text;
  }

  /** Resolves once `text` has come. */
  async until(text: string): Promise<void> {
    while (!this.#text.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#stream.destroy();
  }
}
