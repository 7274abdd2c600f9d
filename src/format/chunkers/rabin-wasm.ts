import type { RabinProfile } from './profile.ts';
import { rabinTables } from './rabin-tables.ts';
import { type Code, OP, TYPE } from './wasm-module.ts';
import { AT, at, HASH, i32, MASK, type ScannerCode, WasmScanner } from './wasm-scanner.ts';

const ENTRY_BYTES = 8;
const TABLE_BYTES = 256 * ENTRY_BYTES;
/** The fingerprint has 63 bits: those of the byte that a shift pushes beyond them begin here. */
const BEYOND_BITS = 55;

/** The entry of the table at `offset` for the index on the stack. */
function entry(offset: number): Code {
  return [i32(3), OP.i32Shl, OP.i64Load, at(3, offset)];
}

/** hash = ((hash << 8) | byte) ^ append[hash >> 55], for the hash that `before` puts on the stack. */
function appendTo(before: Code): Code {
  return [
    [before, OP.localSet, HASH],
    [OP.localGet, HASH, OP.i64Const, 8, OP.i64Shl, OP.localGet, AT, OP.i64Load8U, at(0, 0), OP.i64Or],
    [OP.localGet, HASH, OP.i64Const, BEYOND_BITS, OP.i64ShrU, OP.i32WrapI64, entry(0)],
    OP.i64Xor,
  ];
}

function codeFor({ window }: RabinProfile): ScannerCode {
  const gone = [OP.localGet, AT, i32(window), OP.i32Sub, OP.i32Load8U, at(0, 0)];
  return {
    hashType: TYPE.i64,
    tableBytes: 2 * TABLE_BYTES,
    backBytes: window,
    warmStep: appendTo([OP.localGet, HASH]),
    scanStep: appendTo([OP.localGet, HASH, gone, entry(TABLE_BYTES), OP.i64Xor]),
    isCut: [OP.localGet, HASH, OP.i32WrapI64, OP.localGet, MASK, OP.i32And, OP.localGet, MASK, OP.i32Eq],
  };
}

export function rabinWasm(profile: RabinProfile): WasmScanner {
  const { append, remove } = rabinTables(profile);
  const bytes = new DataView(new ArrayBuffer(2 * TABLE_BYTES));
  for (const [index, value] of [...append, ...remove].entries()) bytes.setBigUint64(ENTRY_BYTES * index, value, true);
  return new WasmScanner(codeFor(profile), new Uint8Array(bytes.buffer));
}
