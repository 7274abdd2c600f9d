import type { RabinProfile } from './profile.ts';

/**
 * Rabin's fingerprint of bytes b0, b1, ... is the polynomial they spell, modulo P, over GF(2). A byte is appended by a shift,
 * and what the shift pushes beyond the degree comes back through `append`; a byte that leaves the window is taken out
 * through `remove`. After LBFS (Muthitacharoen, Chen and Mazières, SOSP 2001).
 */
export interface RabinTables {
  readonly append: BigUint64Array;
  readonly remove: BigUint64Array;
}

const BYTE = 8n;
const VALUES = 256;

export function rabinTables({ polynomial, window }: Pick<RabinProfile, 'polynomial' | 'window'>): RabinTables {
  const degree = BigInt(bitLength(polynomial) - 1);
  const append = new BigUint64Array(VALUES);
  const remove = new BigUint64Array(VALUES);
  for (let value = 0; value < VALUES; value += 1) {
    const beyond = BigInt(value) << degree;
    // The bits beyond the degree are cleared by themselves: `beyond` stands in the table too, as far as 64 bits reach.
    append[value] = modulo(beyond, polynomial) ^ BigInt.asUintN(64, beyond);
    remove[value] = modulo(BigInt(value) << (BYTE * BigInt(window - 1)), polynomial);
  }
  return { append, remove };
}

function modulo(value: bigint, polynomial: bigint): bigint {
  const length = bitLength(polynomial);
  let rest = value;
  for (let over = bitLength(rest) - length; over >= 0; over = bitLength(rest) - length)
    rest ^= polynomial << BigInt(over);
  return rest;
}

function bitLength(value: bigint): number {
  return value === 0n ? 0 : value.toString(2).length;
}
