import type { Credential } from '../credential.ts';

/** What a keyboard reader types before Enter, read by the format it is set to. */

/**
 * - `decimal-10`: ten decimal digits, the low 32 bits of the card;
 * - `hex`: ten or eight hex digits, all 40 bits or the low 32;
 * - `3+5`: three decimal digits and five, a comma between them or not, the low 24 bits.
 */
export type TypedFormat = 'decimal-10' | 'hex' | '3+5';

/** `bad_number`: not the digits of the format; `out_of_range`: more than its bits hold; `zero_uid`: no card at all. */
export type TypedFault = 'bad_number' | 'out_of_range' | 'zero_uid';

const FACILITY_MAX = 0xffn;
const CARD_MAX = 0xffffn;

/** The number in `text`, or why there is none. A length that is not the format's own is never guessed at. */
export function decodeTyped(format: TypedFormat, text: string): Credential | TypedFault {
  const number = NUMBERS[format](text);
  if (typeof number === 'string') return number;
  if (number.value >> BigInt(number.bits) !== 0n) return 'out_of_range';
  return number.value === 0n ? 'zero_uid' : { family: 'em4100', ...number };
}

type Decoded = { readonly bits: number; readonly value: bigint } | TypedFault;

const NUMBERS: Readonly<Record<TypedFormat, (text: string) => Decoded>> = {
  'decimal-10': (text) => (/^[0-9]{10}$/.test(text) ? { bits: 32, value: BigInt(text) } : 'bad_number'),
  hex: (text) =>
    /^(?:[0-9A-F]{8}|[0-9A-F]{10})$/.test(text) ? { bits: text.length * 4, value: BigInt(`0x${text}`) } : 'bad_number',
  '3+5': (text) => {
    const [, facility, card] = /^([0-9]{3}),?([0-9]{5})$/.exec(text) ?? [];
    if (facility === undefined || card === undefined) return 'bad_number';
    if (BigInt(facility) > FACILITY_MAX || BigInt(card) > CARD_MAX) return 'out_of_range';
    return { bits: 24, value: (BigInt(facility) << 16n) | BigInt(card) };
  },
};
