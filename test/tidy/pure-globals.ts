const CLOCK = 'take a Clock (src/base/ports.ts) or the time as an argument';
export const CHANCE = 'take a Randomness (src/base/ports.ts) or the bytes as an argument';
export const WORLD = 'the world begins at floor 3: take what it gives as an argument';

/** Globals that floors 0 to 2 do without, and where to get what they give. `Date` and `Math` lose only a part. */
export const BANNED_GLOBALS = new Map([
  ['Date', CLOCK],
  ['performance', CLOCK],
  ['queueMicrotask', CLOCK],
  ['setImmediate', CLOCK],
  ['setInterval', CLOCK],
  ['setTimeout', CLOCK],
  ['Math', CHANCE],
  ['crypto', CHANCE],
  ['BroadcastChannel', WORLD],
  ['EventSource', WORLD],
  ['Intl', WORLD],
  ['MessageChannel', WORLD],
  ['WebSocket', WORLD],
  ['Worker', WORLD],
  ['fetch', WORLD],
  ['global', WORLD],
  ['globalThis', WORLD],
  ['navigator', WORLD],
  ['process', WORLD],
  ['require', WORLD],
]);

/** What the language itself gives, in QuickJS as in Node. `Date` and `Intl` are left out on purpose. */
export const LANGUAGE_GLOBALS = new Set(
  `AggregateError Array ArrayBuffer BigInt BigInt64Array BigUint64Array Boolean DataView Error EvalError Float32Array
  Float64Array Infinity Int16Array Int32Array Int8Array JSON Map Math NaN Number Object Promise Proxy RangeError
  ReferenceError Reflect RegExp Set String Symbol SyntaxError TypeError URIError Uint16Array Uint32Array Uint8Array
  Uint8ClampedArray WeakMap WeakSet decodeURI decodeURIComponent encodeURI encodeURIComponent isFinite isNaN parseFloat
  parseInt undefined`.split(/\s+/),
);
