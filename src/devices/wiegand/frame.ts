/** Bits in the order of the wire, the first as the highest of `value`: `0 <= value < 2 ** bits`. */
export interface WiegandFrame {
  readonly bits: number;
  readonly value: bigint;
}

/** The bits at the positions `from` to `to` of a frame, as a number. */
export function bitsAt({ bits, value }: WiegandFrame, from: number, to: number): bigint {
  return BigInt.asUintN(to - from + 1, value >> BigInt(bits - 1 - to));
}

/** Whether an odd number of the bits at the positions `from` to `to` are 1. */
export function isOddAt(frame: WiegandFrame, from: number, to: number): boolean {
  let isOdd = false;
  for (let rest = bitsAt(frame, from, to); rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) isOdd = !isOdd;
  return isOdd;
}
