import { CodedError } from '../base/errors.ts';
import type { Credential, CredentialFamily } from './credential.ts';

/** The text is never part of an error: errors are logged, and the number is what a card is copied from. */
export function refuse(code: string, message: string, length: number): CodedError {
  return new CodedError(code, message, {
    fields: { length },
    advice:
      'write it as printed: 0003681434 (ten digits), 056,11418 (3+5), hex:0100382C9A (ten or eight hex digits), or uid:04A1B2C3 (a card of 13.56 MHz)',
  });
}

/** @throws credential_out_of_range, credential_zero. @param length of the text, for the error. */
export function make(bits: number, value: bigint, length: number, family: CredentialFamily = 'em4100'): Credential {
  if (value >> BigInt(bits) !== 0n) {
    throw refuse('credential_out_of_range', `the number does not fit ${bits} bits`, length);
  }
  if (value === 0n) throw refuse('credential_zero', 'the number 0 is what a broken reader sends', length);
  return { family, bits, value };
}
