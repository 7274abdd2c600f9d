import fc from 'fast-check';
import t from 'tap';
import { compareBytes, concat, equalBytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';

const bytes = fc.uint8Array({ maxLength: 40 });

t.test('order is that of unsigned bytes, a prefix first', async (t) => {
  const sorted = [[], [0], [0, 0], [0, 255], [1], [127], [128], [255], [255, 0]].map((list) => Uint8Array.from(list));
  for (const [i, a] of sorted.entries()) {
    for (const [j, b] of sorted.entries()) {
      t.equal(Math.sign(compareBytes(a, b)), Math.sign(i - j), `[${a}] with [${b}]`);
      t.equal(equalBytes(a, b), i === j, `[${a}] equals [${b}]`);
    }
  }
  // U+FFFF is below U+10000 in UTF-8 and above its first surrogate in UTF-16.
  t.ok(compareBytes(utf8('\uffff'), utf8('\u{10000}')) < 0);
});

t.test('hex comes back as it went', async (t) => {
  t.equal(toHex(Uint8Array.of(0, 15, 16, 255)), '000f10ff');
  t.strictSame(fromHex('000f10fF'), Uint8Array.of(0, 15, 16, 255));
  t.strictSame(fromHex(''), new Uint8Array());
  fc.assert(fc.property(bytes, (value) => equalBytes(fromHex(toHex(value)), value)));
  const part = Uint8Array.of(1, 2, 3, 4).subarray(1, 3);
  t.equal(toHex(part), '0203', 'a view shows its own bytes only');
});

t.test('hex that is none is refused, never cut short', async (t) => {
  for (const text of ['0', 'abc', '0g', 'zz', ' 00', '00 ', '00\n', '0x00', '-1', '٠٠', 'é0']) {
    t.throws(() => fromHex(text), { code: 'bad_hex', fields: { length: text.length } }, JSON.stringify(text));
  }
});

t.test('concat copies', async (t) => {
  const part = Uint8Array.of(1, 2);
  const whole = concat(part, new Uint8Array(), Uint8Array.of(3));
  part[0] = 9;
  t.strictSame(whole, Uint8Array.of(1, 2, 3));
  t.strictSame(concat(), new Uint8Array());
  t.strictSame(concat(Uint8Array.of(1, 2, 3).subarray(1)), Uint8Array.of(2, 3));
});
