import { deepEqual, equal } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseCredential } from '../../../src/devices/credential-text.ts';
import { credentialIn, decodeCard } from '../../../src/devices/wiegand/card.ts';
import { WIEGAND_LAYOUTS, type WiegandFormat } from '../../../src/devices/wiegand/formats.ts';
import type { WiegandFrame } from '../../../src/devices/wiegand/frame.ts';
import { decodeKey, KEY_CODES_DEFAULT } from '../../../src/devices/wiegand/keypad.ts';
import { encodeCard, frameOfBits } from './encode.ts';

const FORMATS = Object.keys(WIEGAND_LAYOUTS) as readonly WiegandFormat[];
const PUBLISHED = frameOfBits('11010101001111011001001110');

t.test('the published vectors', async (t) => {
  t.same(decodeCard('26-h10301', PUBLISHED), { facility: 170, card: 31527 });
  t.same(encodeCard('26-h10301', { facility: 170, card: 31527 }), PUBLISHED);
  t.same(encodeCard('34-h10306', { facility: 170, card: 31527 }), { bits: 34, value: 0x154f64fn });
  t.same(decodeCard('34-h10306', { bits: 34, value: 0x154f64fn }), { facility: 170, card: 31527 });
  // A vendor's own: card 6B 3D 12 D6 at 26 and at 34 bits.
  t.same(credentialIn('26-h10301', frameOfBits(`0${bits('3D12D6')}1`)), {
    family: 'em4100',
    bits: 24,
    value: 0x3d12d6n,
  });
  t.same(credentialIn('34-h10306', frameOfBits(`0${bits('6B3D12D6')}0`)), {
    family: 'em4100',
    bits: 32,
    value: 0x6b3d12d6n,
  });
  t.throws(() => frameOfBits('10 1'), { name: 'AssertionFailure' });
  t.throws(() => frameOfBits(''), { name: 'AssertionFailure' });
  t.throws(() => encodeCard('26-h10301', { facility: 256, card: 1 }), { name: 'AssertionFailure' });
});

function bits(hex: string): string {
  return BigInt(`0x${hex}`)
    .toString(2)
    .padStart(hex.length * 4, '0');
}

t.test('a card enrolled as it is typed is the one that a reader sends', async (t) => {
  const sent = (format: WiegandFormat, facility: number | null, card: number) =>
    credentialIn(format, encodeCard(format, { facility, card }));
  t.same(sent('26-h10301', 170, 31527), parseCredential('170,31527'));
  t.same(sent('34-h10306', 170, 31527), parseCredential(String(170 * 65536 + 31527).padStart(10, '0')));
  t.same(sent('36-c15001', 170, 31527), parseCredential('36:170/31527'));
  t.same(sent('37-h10304', 170, 31527), parseCredential('37:170/31527'));
  t.same(sent('37-h10302', null, 31527), parseCredential('37:31527'));
});

/** How many ones stand at the positions `from` to `to`, said a second time. */
const onesAt = (text: string, from: number, to: number) => text.slice(from, to + 1).replaceAll('0', '').length;
const textOf = ({ bits: count, value }: WiegandFrame) => value.toString(2).padStart(count, '0');

t.test('every card of every format, and each of its bits flipped', async (t) => {
  for (const format of FORMATS) {
    const layout = WIEGAND_LAYOUTS[format];
    const number = (field: { from: number; to: number }) => fc.nat(2 ** Math.min(30, field.to - field.from + 1) - 1);
    const facility = 'facility' in layout ? number(layout.facility) : fc.constant(null);
    fc.assert(
      fc.property(facility, number(layout.card), fc.nat(layout.bits - 1), (fc_, card, flipped) => {
        const frame = encodeCard(format, { facility: fc_, card });
        const text = textOf(frame);
        equal(onesAt(text, 0, layout.even.to) % 2, 0);
        equal(onesAt(text, layout.odd.from, layout.bits - 1) % 2, 1);
        deepEqual(decodeCard(format, frame), { facility: fc_, card });
        const bad = { bits: frame.bits, value: frame.value ^ (1n << BigInt(flipped)) };
        // Bit 18 of the 37-bit formats counts for both parities.
        equal(decodeCard(format, bad), 'bad_parity');
      }),
      { numRuns: 300 },
    );
  }
  t.pass('held');
});

t.test('a format is never guessed: any other length is refused', async (t) => {
  for (const format of FORMATS) {
    for (let count = 1; count <= 128; count += 1) {
      const isLength = count === WIEGAND_LAYOUTS[format].bits;
      const read = decodeCard(format, { bits: count, value: 0n });
      if ((read === 'bad_length') === isLength) t.fail(`${format} of ${count} bits: ${read}`);
    }
  }
  const oem = encodeCard('36-c15001', { facility: 1, card: 2 }, 901);
  t.equal(decodeCard('36-c15001', oem), 'bad_oem');
  t.same(decodeCard('36-c15001', oem, 901), { facility: 1, card: 2 });
  t.equal(credentialIn('26-h10301', encodeCard('26-h10301', { facility: 0, card: 0 })), 'zero_uid');
  t.same(decodeCard('26-h10301', encodeCard('26-h10301', { facility: 0, card: 0 })), { facility: 0, card: 0 });
});

t.test('keys', async (t) => {
  const key = (text: string, keypad: '4-bit' | '8-bit', codes = KEY_CODES_DEFAULT) =>
    decodeKey(keypad, frameOfBits(text), codes);
  t.equal(key('11100001', '8-bit'), '1', 'the published one');
  for (const [at, name] of [...'0123456789*#'].entries()) {
    const nibble = at.toString(2).padStart(4, '0');
    t.equal(key(nibble, '4-bit'), name);
    t.equal(key(`${(15 - at).toString(2).padStart(4, '0')}${nibble}`, '8-bit'), name);
  }
  for (const text of ['1100', '1101', '1110', '1111']) t.equal(key(text, '4-bit'), 'bad_key');
  let good = 0;
  for (let value = 0; value < 256; value += 1) {
    if (key(value.toString(2).padStart(8, '0'), '8-bit') !== 'bad_key') good += 1;
  }
  t.equal(good, 12, 'of 256 bytes, one a key');
  const turned = [10, 1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 15];
  t.same(
    ['1010', '1110', '1111', '0000'].map((text) => key(text, '4-bit', turned)),
    ['0', '*', '#', 'bad_key'],
  );
  t.throws(() => key('111000010', '8-bit'), { name: 'AssertionFailure' });
});
