import { LineSplitter } from './lines.ts';
import type { Wire } from './stdio.ts';
import { decodeUtf8 } from './utf8.ts';

/**
 * The twin of `stdio.ts` for QuickJS: a bundle for `qjs --std` holds it in that file's place and is the same in all
 * else. `std` and `os` are QuickJS's own, as far as they are used here.
 */
interface Out {
  puts(text: string): void;
  flush(): void;
}
declare const std: { readonly out: Out; readonly err: Out; exit(code: number): never };
declare const os: {
  /** Calls `ready` each time there is something to read, the end included; null takes it back. */
  setReadHandler(fd: number, ready: (() => void) | null): void;
  /** How many bytes it put at `offset`; 0 at the end of the input, below 0 for an error. */
  read(fd: number, buffer: ArrayBuffer, offset: number, length: number): number;
};

const STDIN = 0;
const READ_BYTES_MAX = 64 * 1024;

/** As in `stdio.ts`. */
export function openStdio(receive: (line: string) => void): Wire {
  let waiting = '';

  const flush = (): void => {
    const lines = waiting;
    waiting = '';
    std.out.puts(lines);
    std.out.flush();
  };
  const wire: Wire = {
    send(line) {
      if (waiting === '') void Promise.resolve().then(flush);
      waiting += `${line}\n`;
    },
    log(message) {
      std.err.puts(`${message}\n`);
      std.err.flush();
    },
    fail(reason) {
      wire.log(reason);
      return std.exit(1);
    },
  };

  const splitter = new LineSplitter((line) => receive(decodeUtf8(line)));
  const buffer = new ArrayBuffer(READ_BYTES_MAX);
  os.setReadHandler(STDIN, () => {
    const bytes = os.read(STDIN, buffer, 0, READ_BYTES_MAX);
    if (bytes === 0) std.exit(0);
    if (bytes < 0) wire.fail(`input failed: error ${0 - bytes}`);
    try {
      splitter.feed(new Uint8Array(buffer, 0, bytes));
    } catch (error) {
      wire.fail(`broken input: ${error instanceof Error ? error.message : String(error)}`);
    }
  });
  return wire;
}
