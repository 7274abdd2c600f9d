import type { Credential } from './credential.ts';
import { make, refuse } from './read-credential.ts';
import { OEM_DEFAULT } from './wiegand/formats.ts';

/** What `parseWiegand` reads, with the format in front. */
export function printWiegand(bits: number, value: bigint): string {
  if (bits === 35) return `37:${value}`;
  return `36:${value >> 24n}/${(value >> 16n) & 0xffn}/${value & 0xffffn}`;
}

type Fields = readonly (readonly [value: bigint, bits: bigint])[];

/** The fields that the numbers fill, the first one highest; null where the format has not so many. */
function fieldsOf(format: string, numbers: readonly bigint[]): Fields | null {
  const [first = 0n, second = 0n, third = 0n] = numbers;
  switch (`${format} ${numbers.length}`) {
    case '37 1':
      return [[first, 35n]];
    case '37 2':
      return [
        [first, 16n],
        [second, 19n],
      ];
    case '36 2':
      return fieldsOf(format, [BigInt(OEM_DEFAULT), first, second]);
    case '36 3':
      return [
        [first, 10n],
        [second, 8n],
        [third, 16n],
      ];
    default:
      return null;
  }
}

/**
 * What follows `36:` or `37:`, the numbers of a card for a reader with such a Wiegand format.
 * @throws credential_unreadable, credential_out_of_range, credential_zero
 */
export function parseWiegand(format: string, text: string): Credential {
  const { length } = text;
  const isNumbers = /^[0-9]{1,11}(\/[0-9]{1,6}){0,2}$/.test(text);
  const fields = isNumbers ? fieldsOf(format, text.split('/').map(BigInt)) : null;
  if (fields === null) {
    throw refuse('credential_unreadable', `after ${format}: come the facility and the card, as in 170/31527`, length);
  }
  if (fields.some(([value, bits]) => value >> bits !== 0n)) {
    throw refuse('credential_out_of_range', `one of the numbers does not fit the ${format}-bit format`, length);
  }
  const value = fields.reduce((whole, [field, bits]) => (whole << bits) | field, 0n);
  return make(format === '36' ? 34 : 35, value, length, 'wiegand');
}
