import { CHUNKER_BLOCK_BYTES } from '../../base/limits-chunks.ts';
import type { Scanner } from './scanner.ts';
import { type WasmGlobal, wasmExports } from './wasm-instance.ts';
import { type Code, OP, signed, TYPE, unsigned, type WasmModule, wasmBytes } from './wasm-module.ts';

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly hash: WasmGlobal;
  readonly warm: (from: number, to: number) => void;
  /** @returns the address after the byte, or 0. */
  readonly scan: (from: number, to: number, mask: number) => number;
}

/**
 * A scanner in WASM. Its memory holds the tables, then the last bytes of the block before (as many as the hash looks
 * back), then the block. Both functions take addresses and keep the hash in a global of the name `hash`.
 */
export class WasmScanner implements Scanner {
  readonly blockBytesMax = CHUNKER_BLOCK_BYTES;
  readonly #memory: Uint8Array;
  readonly #start: number;
  readonly #backBytes: number;
  readonly #hash: WasmGlobal;
  readonly #warm: Exports['warm'];
  readonly #scan: Exports['scan'];
  #loaded = 0;

  constructor(code: ScannerCode, tables: Uint8Array) {
    const start = startOf(code);
    const { memory, hash, warm, scan } = wasmExports<Exports>(wasmBytes(moduleOf(code)));
    this.#memory = new Uint8Array(memory.buffer);
    this.#memory.set(tables);
    this.#start = start;
    this.#backBytes = code.backBytes;
    this.#hash = hash;
    this.#warm = warm;
    this.#scan = scan;
  }

  load(block: Uint8Array): void {
    const end = this.#start + this.#loaded;
    this.#memory.copyWithin(this.#start - this.#backBytes, end - this.#backBytes, end);
    this.#memory.set(block, this.#start);
    this.#loaded = block.length;
  }

  reset(): void {
    this.#hash.value = typeof this.#hash.value === 'bigint' ? 0n : 0;
  }

  warm(from: number, to: number): void {
    this.#warm(this.#start + from, this.#start + to);
  }

  scan(from: number, to: number, mask: number): number {
    const end = this.#scan(this.#start + from, this.#start + to, mask);
    return end === 0 ? -1 : end - this.#start;
  }
}

/** What makes one scanner differ from another. */
export interface ScannerCode {
  readonly hashType: typeof TYPE.i32 | typeof TYPE.i64;
  readonly tableBytes: number;
  /** How far back of the current byte `scan` looks. */
  readonly backBytes: number;
  /** Puts the new hash on the stack, given the local `AT`, the address of the byte, and the local `HASH`. */
  readonly warmStep: Code;
  readonly scanStep: Code;
  /** Puts on the stack whether the hash in the local `HASH` is a cut's, given the local `MASK`. */
  readonly isCut: Code;
}

/** Locals of both functions. */
export const AT = 0;
const END = 1;
export const MASK = 2;
export const HASH = 3;

const PAGE_BYTES = 65_536;

function startOf({ tableBytes, backBytes }: ScannerCode): number {
  return tableBytes + backBytes;
}

function moduleOf(code: ScannerCode): WasmModule {
  const pages = Math.ceil((startOf(code) + CHUNKER_BLOCK_BYTES) / PAGE_BYTES);
  const { i32 } = TYPE;
  const toEnd = (step: Code, afterStep: Code): Code => [
    [OP.globalGet, 0, OP.localSet, HASH],
    [OP.block, TYPE.none, OP.loop, TYPE.none],
    [OP.localGet, AT, OP.localGet, END, OP.i32GeU, OP.brIf, 1],
    [step, OP.localSet, HASH],
    [OP.localGet, AT, OP.i32Const, 1, OP.i32Add, OP.localSet, AT],
    [afterStep, OP.br, 0],
    [OP.end, OP.end],
    [OP.localGet, HASH, OP.globalSet, 0],
  ];
  const found = [code.isCut, OP.if, TYPE.none, OP.localGet, HASH, OP.globalSet, 0, OP.localGet, AT, OP.return, OP.end];
  return {
    memoryPages: pages,
    globals: [{ name: 'hash', type: code.hashType }],
    functions: [
      {
        name: 'warm',
        // The mask is not used: so both functions have their locals at the same places.
        params: [i32, i32, i32],
        results: [],
        locals: [code.hashType],
        body: toEnd(code.warmStep, []),
      },
      {
        name: 'scan',
        params: [i32, i32, i32],
        results: [i32],
        locals: [code.hashType],
        body: [toEnd(code.scanStep, found), OP.i32Const, 0],
      },
    ],
  };
}

/** The operand of a load from `address` on the stack plus `offset`; `align` as a power of two. */
export function at(align: number, offset: number): Code {
  return [...unsigned(align), ...unsigned(offset)];
}

export function i32(value: number): Code {
  return [OP.i32Const, ...signed(value)];
}
