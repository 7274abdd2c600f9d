import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { equalBytes, fromHex, toHex } from '../base/bytes.ts';
import { codeOf } from '../base/errors.ts';
import type { BlockId } from '../format/ids.ts';
import { readAtMost } from './files.ts';
import { rowSum } from './row-sum.ts';

/** The last block that was acknowledged. */
export interface Acknowledged {
  readonly arrival: number;
  readonly id: BlockId;
}

const LINE_BYTES = 128;

/**
 * A small file beside the ledger that names the last acknowledged block. It is written after the block is on disk and
 * never synced: after a power cut it may be behind the ledger, never ahead. Where it is ahead, the ledger has lost what
 * it had: its write-ahead log was cut or spoiled, or the file replaced by an older one. SQLite alone could not tell.
 */
export class Witness {
  readonly #file: number | null;

  /** Where the file cannot be made there is no witness, and the ledger goes on. */
  constructor(path: string) {
    this.#file = opened(path);
  }

  /** One that cannot be written stays behind, as it may. */
  write({ arrival, id }: Acknowledged): void {
    if (this.#file === null) return;
    const line = `${arrival} ${id} ${toHex(rowSum(['witness', arrival, id]))}`;
    try {
      writeSync(this.#file, `${line.padEnd(LINE_BYTES - 1)}\n`, 0);
    } catch (error) {
      if (codeOf(error) === undefined) throw error;
    }
  }

  close(): void {
    if (this.#file !== null) closeSync(this.#file);
  }
}

function opened(path: string): number | null {
  try {
    // Made where it is not, and never cut.
    return openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return null;
  }
}

/** What the witness in the file says, whatever follows it; null when there is none, none that can be read, or none that is whole. */
export function readWitness(path: string): Acknowledged | null {
  let text: string;
  try {
    text = readAtMost(path, LINE_BYTES).toString('latin1', 0, LINE_BYTES);
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return null;
  }
  const [, arrival = '', id = '', sum = ''] = /^(\d+) ([0-9a-f]{64}) ([0-9a-f]{32}) *\n$/.exec(text) ?? [];
  const isWhole = id !== '' && equalBytes(fromHex(sum), rowSum(['witness', Number(arrival), id]));
  return isWhole ? { arrival: Number(arrival), id } : null;
}
