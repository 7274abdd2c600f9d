import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import { CodedError, messageOf } from '../../base/errors.ts';
import { KEYBOARD_HELPER_STOP_MS_MAX, KEYBOARD_KEYS_WINDOW_MAX } from '../../base/limits.ts';
import type { Clock } from '../../base/ports.ts';

/** One life of `blockmesh-evdev`, the helper that takes a keyboard (see PROTOCOL.md). */

/** Over `KEYBOARD_KEYS_WINDOW_MAX` keys within this time, reading pauses until it is over. */
const WINDOW_MS = 100;

export interface EvdevParts {
  /** An event device, best a name below /dev/input/by-id. */
  readonly path: string;
  readonly clock: Clock;
  /** The keyboard is ours. Before it no key is told. */
  readonly onReady: () => void;
  /** A key went down; repeats and releases are not told. */
  readonly onKey: (code: number, atNs: bigint) => void;
  /** The kernel threw keys away. */
  readonly onLost: (atNs: bigint) => void;
  /** The helper has ended and says no more. Once, unless `stop` came first. */
  readonly onEnd: (cause: CodedError) => void;
}

const CAUSES: Readonly<Record<string, { readonly code: string; readonly advice: string }>> = {
  open_failed: {
    code: 'keyboard_open_failed',
    advice: 'See `ls -l /dev/input/by-id`; the node reads it as group input.',
  },
  not_a_keyboard: {
    code: 'keyboard_open_failed',
    advice: 'Name the event device of the reader: it ends in -event-kbd.',
  },
  not_grabbed: {
    code: 'keyboard_not_grabbed',
    advice: 'Another program has taken it; until it lets go, no badge of this reader is read.',
  },
};

export class EvdevHelper {
  readonly #parts: EvdevParts;
  readonly #subprocess: ReturnType<typeof launch>;
  readonly #lines: ReturnType<typeof createInterface>;
  readonly #ended: Promise<void>;
  #isStopped = false;
  #stderr = '';
  #windowAtMs = 0;
  #keys = 0;
  #cancelResume: () => void = () => undefined;
  #throttled = 0;

  constructor(parts: EvdevParts) {
    this.#parts = parts;
    this.#subprocess = launch(parts.path);
    const { stdout, stderr } = this.#subprocess;
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-STDERR_CHARS_MAX);
    });
    this.#lines = createInterface({ input: stdout });
    this.#lines.on('line', (line) => this.#hear(line));
    this.#ended = this.#subprocess.then(({ cause }) => {
      this.#cancelResume();
      if (!this.#isStopped) parts.onEnd(this.#causeOf(cause));
    });
  }

  /** How often reading was paused because too many keys came. */
  get throttled(): number {
    return this.#throttled;
  }

  /** Resolves when the helper is gone; nothing is told afterwards. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelResume();
    this.#lines.close();
    this.#subprocess.stdin.end();
    const cancel = this.#parts.clock.after(KEYBOARD_HELPER_STOP_MS_MAX, () => this.#subprocess.kill('SIGKILL'));
    await this.#ended;
    cancel();
  }

  #hear(line: string): void {
    if (this.#isStopped) return;
    const [, ready, lost, key, ns = ''] = LINE.exec(line) ?? [];
    if (ready !== undefined) this.#parts.onReady();
    else if (lost !== undefined) this.#parts.onLost(BigInt(ns));
    else if (key !== undefined) {
      this.#throttle();
      this.#parts.onKey(Number(key), BigInt(ns));
    }
  }

  #throttle(): void {
    const { clock } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.#windowAtMs >= WINDOW_MS) {
      this.#windowAtMs = nowMs;
      this.#keys = 0;
    }
    this.#keys += 1;
    if (this.#keys !== KEYBOARD_KEYS_WINDOW_MAX) return;
    this.#throttled += 1;
    this.#lines.pause();
    this.#cancelResume = clock.after(WINDOW_MS, () => this.#lines.resume());
  }

  #causeOf(cause: unknown): CodedError {
    const { path } = this.#parts;
    const [, word = '', text = ''] = /^blockmesh-evdev: (\w+): (.*)$/m.exec(this.#stderr) ?? [];
    const known = CAUSES[word];
    if (known !== undefined) {
      return new CodedError(known.code, `${path}: ${text}`, { fields: { path }, advice: known.advice });
    }
    if (word === 'lost') return new CodedError('keyboard_lost', `${path} is gone: ${text}`, { fields: { path } });
    return new CodedError('keyboard_helper_failed', `blockmesh-evdev: ${messageOf(cause)}`, {
      fields: { path },
      advice: 'Build it by `make evdev`.',
      cause,
    });
  }
}

const STDERR_CHARS_MAX = 1_024;
/** Releases and repeats are left out. */
const LINE = /^(?:(ready) .*|(?:(lost)|key (\d{1,5}) down) (\d{1,19}))$/;

function launch(path: string) {
  // An installed one is found by PATH, or beside the bundle that this file went into; else `make` has built it.
  const { filename, dirname } = import.meta;
  const place = filename.endsWith('.ts') ? join(dirname, '../../../build') : dirname;
  return execa('blockmesh-evdev', [path], {
    env: { PATH: `${process.env.PATH ?? ''}:${place}` },
    extendEnv: false,
    stdio: 'pipe',
    buffer: false,
    reject: false,
  });
}
