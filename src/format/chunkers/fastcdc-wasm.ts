import { gearTable } from './gear.ts';
import type { FastcdcProfile } from './profile.ts';
import { OP, TYPE } from './wasm-module.ts';
import { AT, at, HASH, i32, MASK, type ScannerCode, WasmScanner } from './wasm-scanner.ts';

/** hash = (hash << 1) + gear[byte], as `FastcdcScanner` has it. */
function code(): ScannerCode {
  const step = [
    [OP.localGet, HASH, i32(1), OP.i32Shl],
    [OP.localGet, AT, OP.i32Load8U, at(0, 0), i32(2), OP.i32Shl, OP.i32Load, at(2, 0)],
    OP.i32Add,
  ];
  return {
    hashType: TYPE.i32,
    tableBytes: 4 * 256,
    backBytes: 0,
    warmStep: step,
    scanStep: step,
    isCut: [OP.localGet, HASH, OP.localGet, MASK, OP.i32And, OP.i32Eqz],
  };
}

export function fastcdcWasm({ gear }: FastcdcProfile): WasmScanner {
  return new WasmScanner(code(), littleEndian(gearTable(gear)));
}

function littleEndian(values: Int32Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 * values.length));
  for (const [index, value] of values.entries()) bytes.setInt32(4 * index, value, true);
  return new Uint8Array(bytes.buffer);
}
