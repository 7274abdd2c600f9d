/** Instructions of WebAssembly by the names of its text format (core specification 1.0, section 5.4). */
export const OP = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Load: 0x28,
  i64Load: 0x29,
  i32Load8U: 0x2d,
  i64Load8U: 0x31,
  i32Const: 0x41,
  i32Eq: 0x46,
  i32Eqz: 0x45,
  i32LtU: 0x49,
  i32GeU: 0x4f,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32And: 0x71,
  i32Shl: 0x74,
  i64Const: 0x42,
  i64Or: 0x84,
  i64Xor: 0x85,
  i64Shl: 0x86,
  i64ShrU: 0x88,
  i32WrapI64: 0xa7,
} as const;

export const TYPE = { i32: 0x7f, i64: 0x7e, none: 0x40 } as const;

type ValueType = typeof TYPE.i32 | typeof TYPE.i64;

export interface WasmFunction {
  readonly name: string;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  /** Instructions with their operands, nested as one likes; without the last `end`. */
  readonly body: Code;
}

export interface WasmModule {
  readonly memoryPages: number;
  /** Mutable, exported by their names, 0 at the start. */
  readonly globals: readonly { readonly name: string; readonly type: ValueType }[];
  readonly functions: readonly WasmFunction[];
}

export type Code = readonly (number | Code)[];

const MAGIC_AND_VERSION = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { type: 1, function: 3, memory: 5, global: 6, export: 7, code: 10 } as const;
const FUNCTION_TYPE = 0x60;
const EXPORT = { function: 0, memory: 2, global: 3 } as const;
const MUTABLE = 1;
const NO_MAXIMUM = 0;

/** An unsigned number, as operands and lengths are written (LEB128). */
export function unsigned(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >>> 7];
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
}

/** A constant of 32 bits (signed LEB128). */
export function signed(value: number): number[] {
  const [low, rest] = [value & 0x7f, value >> 7];
  const isLast = (rest === 0 && low < 0x40) || (rest === -1 && low >= 0x40);
  return isLast ? [low] : [low | 0x80, ...signed(rest)];
}

/** The bytes of a module that imports nothing and exports its memory as `memory`, its globals and its functions. */
export function wasmBytes({ memoryPages, globals, functions }: WasmModule): Uint8Array<ArrayBuffer> {
  const zero = (type: ValueType) => [type === TYPE.i32 ? OP.i32Const : OP.i64Const, 0, OP.end];
  return Uint8Array.from([
    ...MAGIC_AND_VERSION,
    ...section(
      SECTION.type,
      functions.map(({ params, results }) => [FUNCTION_TYPE, ...list(params), ...list(results)]),
    ),
    ...section(
      SECTION.function,
      functions.map((_, index) => unsigned(index)),
    ),
    ...section(SECTION.memory, [[NO_MAXIMUM, ...unsigned(memoryPages)]]),
    ...section(
      SECTION.global,
      globals.map(({ type }) => [type, MUTABLE, ...zero(type)]),
    ),
    ...section(SECTION.export, [
      exported('memory', EXPORT.memory, 0),
      ...globals.map(({ name }, index) => exported(name, EXPORT.global, index)),
      ...functions.map(({ name }, index) => exported(name, EXPORT.function, index)),
    ]),
    ...section(SECTION.code, functions.map(codeOf)),
  ]);
}

function codeOf({ locals, body }: WasmFunction): number[] {
  const declared = locals.flatMap((type) => [1, type]);
  const bytes = [...unsigned(locals.length), ...declared, ...flat(body), OP.end];
  return [...unsigned(bytes.length), ...bytes];
}

function flat(code: Code): number[] {
  return code.flatMap((part) => (typeof part === 'number' ? [part] : flat(part)));
}

function list(values: readonly number[]): number[] {
  return [...unsigned(values.length), ...values];
}

function exported(name: string, kind: number, index: number): number[] {
  return [...list([...Buffer.from(name, 'ascii')]), kind, ...unsigned(index)];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...list([...unsigned(items.length), ...items.flat()])];
}
