/** Constructors that only build a value. */
export const PURE_CONSTRUCTORS = new Set(
  `Array ArrayBuffer BigInt64Array BigUint64Array DataView Float32Array Float64Array Int16Array Int32Array Int8Array Map
  RegExp Set TextDecoder TextEncoder URL Uint16Array Uint32Array Uint8Array WeakMap WeakSet`.split(/\s+/),
);

/** By name: of the language, and of our own bytes (`src/base/bytes.ts`). */
export const PURE_CALLS = new Set(
  `Array.from Array.of assert BigInt Boolean Buffer.alloc Buffer.from concat Date.UTC fileURLToPath fromHex
  JSON.parse JSON.stringify Number Object.entries Object.freeze Object.fromEntries Object.keys Object.values
  RegExp String String.raw Symbol Symbol.for toHex Uint8Array.from Uint8Array.of utf8`.split(/\s+/),
);

/** Of strings and arrays. What they are given to call is looked into. */
export const PURE_METHODS = new Set(
  `at charCodeAt codePointAt concat endsWith entries every filter flat flatMap includes indexOf join keys map padEnd
  padStart reduce repeat slice some split startsWith toLowerCase toReversed toSorted toString toUpperCase trim
  values`.split(/\s+/),
);

/** Those of them that call what they are given. */
export const CALLBACK_METHODS = new Set(['every', 'filter', 'flatMap', 'map', 'reduce', 'some', 'toSorted']);

/** Methods that change what they are called on: no effect on a value that the calculation made for itself. */
export const MUTATORS = new Set(['add', 'fill', 'push', 'reverse', 'set', 'sort', 'unshift']);
