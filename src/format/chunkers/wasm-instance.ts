/** As much of the JavaScript API of WebAssembly as is used here; no library of types that the project has declares it. */
interface Engine {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: object };
}

/** A mutable number of a module; 32 bits are a number, 64 bits a bigint. */
export interface WasmGlobal {
  value: number | bigint;
}

const { WebAssembly: engine } = globalThis as { readonly WebAssembly?: Engine };

export const HAS_WASM = engine !== undefined;

/** @returns what the module exports; the caller knows its form. */
export function wasmExports<Exports extends object>(bytes: Uint8Array<ArrayBuffer>): Exports {
  if (engine === undefined) throw new Error('this JavaScript has no WebAssembly');
  return new engine.Instance(new engine.Module(bytes)).exports as Exports;
}
