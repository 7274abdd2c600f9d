/** As much of the JavaScript API of WebAssembly as is used here; no library of types that the project has declares it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** A mutable number of a module; 32 bits are a number, 64 bits a bigint. */
export interface WasmGlobal {
  value: number | bigint;
}

declare const WebAssembly: Engine;

export const HAS_WASM = typeof WebAssembly !== 'undefined';

/** @returns what the module exports; the caller knows its form. */
export function wasmExports<Exports extends object>(bytes: Uint8Array<ArrayBuffer>): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as Exports;
}
