import fc from 'fast-check';
import t from 'tap';
import type { Credential } from '../../../src/devices/credential.ts';
import { CHARACTERS } from '../../../src/devices/keyboard/constants.ts';
import { decodeTyped, type TypedFormat } from '../../../src/devices/keyboard/frame.ts';
import { KeyboardParser } from '../../../src/devices/keyboard/parser.ts';

const ENTER = 28;
const SHIFT = 42;
const SPACE = 57;
const MS = 1_000_000n;
const NUMBERS: Readonly<Record<TypedFormat, string>> = {
  'decimal-10': '0009362416',
  hex: '00008EDBF0',
  '3+5': '142,56304',
};
const FORMATS = Object.keys(NUMBERS) as TypedFormat[];

/** All keys that write `character`: one of the main block, and one of the keypad where it has it. */
function keysOf(character: string): readonly number[] {
  return [...CHARACTERS].filter(([, one]) => one === character).map(([code]) => code);
}

function keysFor(text: string, at = 0): number[] {
  return [...text].map((character) => {
    const keys = keysOf(character);
    return keys[at % keys.length] ?? SPACE;
  });
}

class Typing {
  readonly heard: Credential[] = [];
  readonly parser: KeyboardParser;
  #atNs = 10_000n * MS;

  constructor(format: TypedFormat = 'decimal-10') {
    this.parser = new KeyboardParser(format, (credential) => this.heard.push(credential));
  }

  keys(codes: readonly number[], everyMs = 5n): this {
    for (const code of codes) {
      this.#atNs += everyMs * MS;
      this.parser.press(code, this.#atNs);
    }
    return this;
  }

  type(text: string, everyMs = 5n): this {
    return this.keys([...keysFor(text), ENTER], everyMs);
  }

  wait(ms: bigint): this {
    this.#atNs += ms * MS;
    return this;
  }

  lose(): this {
    this.parser.lose(this.#atNs);
    return this;
  }

  get values(): readonly bigint[] {
    return this.heard.map(({ value }) => value);
  }

  get refusals(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.parser.refused).filter(([, count]) => count > 0));
  }
}

t.test('three forms of one card have one number in common', async (t) => {
  const bits = { 'decimal-10': 32, hex: 40, '3+5': 24 };
  for (const format of FORMATS) {
    const { heard } = new Typing(format).type(NUMBERS[format]);
    t.same(heard, [{ family: 'em4100', bits: bits[format], value: 0x8edbf0n }], format);
  }
  t.same(new Typing('3+5').type('14256304').values, [0x8edbf0n], 'without a comma');
  t.same(new Typing('hex').type('008EDBF0').heard, [{ family: 'em4100', bits: 32, value: 0x8edbf0n }]);
  t.same(decodeTyped('hex', 'FFFFFFFFFF'), { family: 'em4100', bits: 40, value: 0xffffffffffn });
});

t.test('main block and keypad, either Enter, Shift held or not', async (t) => {
  for (const enter of [28, 96]) {
    for (const at of [0, 1]) {
      const typing = new Typing().keys([SHIFT, ...keysFor(NUMBERS['decimal-10'], at), enter]);
      t.same(typing.values, [0x8edbf0n]);
      t.same(typing.refusals, {});
    }
  }
  t.same(new Typing('hex').keys([...keysFor('00008EDBF').flatMap((key) => [SHIFT, key]), 11, ENTER]).values, [
    0x8edbf0n,
  ]);
});

t.test('doubled, joined, and cut after every key', async (t) => {
  for (const format of FORMATS) {
    const text = NUMBERS[format];
    t.same(new Typing(format).type(text).type(text).values, [0x8edbf0n, 0x8edbf0n]);
    const joined = new Typing(format).keys(keysFor(text)).type(text);
    t.same(joined.values, [], 'two without an Enter between them are none');
    for (let at = 1; at < text.length; at += 1) {
      const cut = new Typing(format)
        .keys(keysFor(text.slice(0, at)))
        .wait(600n)
        .type(text);
      t.same(cut.values, [0x8edbf0n], `the first ${at} alone, then the whole`);
      t.same(cut.refusals, { no_end: 1 });
      // Eight hex digits are the low bits of the same card.
      const end = format === 'hex' && at === 2 ? [0x8edbf0n] : [];
      t.same(new Typing(format).type(text.slice(at)).values, end, `the end from ${at} on is no other number`);
    }
  }
});

t.test('a refusal for each reason', async (t) => {
  for (const [format, text, reason] of [
    ['decimal-10', '000936241', 'bad_number'],
    ['decimal-10', '00093624160', 'bad_number'],
    ['decimal-10', '000936241A', 'bad_number'],
    ['decimal-10', '142,56304', 'bad_number'],
    ['decimal-10', '4294967296', 'out_of_range'],
    ['decimal-10', '9999999999', 'out_of_range'],
    ['decimal-10', '0000000000', 'zero_uid'],
    ['hex', '0008EDBF0', 'bad_number'],
    ['hex', '0000000000', 'zero_uid'],
    ['hex', '00000000', 'zero_uid'],
    ['3+5', '256,00001', 'out_of_range'],
    ['3+5', '001,65536', 'out_of_range'],
    ['3+5', '1,56304', 'bad_number'],
    ['3+5', '142,,56304', 'bad_number'],
    ['3+5', '000,00000', 'zero_uid'],
    ['decimal-10', '00093624160000000', 'over_long'],
    ['decimal-10', '1'.repeat(10_000), 'over_long'],
    ['decimal-10', '00093 2416', 'unknown_key'],
  ] as const) {
    const typing = new Typing(format).type(text);
    t.same(typing.heard, [], `${format} ${text.slice(0, 20)}`);
    t.same(typing.refusals, { [reason]: 1 });
    t.same(typing.type(NUMBERS[format]).values, [0x8edbf0n], 'and the next is heard');
  }
});

t.test('what spoils a number spoils it to its end', async (t) => {
  const lost = new Typing().keys(keysFor('99')).lose().type(NUMBERS['decimal-10']);
  t.same(lost.values, [], 'ten digits after a loss may be the end of more');
  t.same(lost.refusals, { lost_keys: 1 });
  const over = new Typing()
    .keys(keysFor('1'.repeat(17)))
    .wait(600n)
    .type(NUMBERS['decimal-10']);
  t.same(over.values, [0x8edbf0n], 'a silence ends it too');
  t.same(over.refusals, { over_long: 1 });
});

t.test('time: 500 ms between keys are one number, more are two', async (t) => {
  t.same(new Typing().type(NUMBERS['decimal-10'], 500n).values, [0x8edbf0n]);
  const slow = new Typing().type(NUMBERS['decimal-10'], 501n);
  t.same(slow.values, []);
  t.same(slow.refusals, { no_end: 10 });
  t.equal(slow.parser.strayKeys, 1, 'its Enter came too late for any');
  const silent = new Typing().keys(keysFor('0009362416'));
  t.equal(silent.parser.bufferedChars, 10);
  silent.parser.reset();
  t.same(silent.refusals, { no_end: 1 }, 'no Enter, and the keyboard is gone');
  silent.parser.reset();
  t.same(silent.refusals, { no_end: 1 }, 'told once');
});

t.test('whatever is typed: nothing is held without bound, and a good number after a silence is heard', async () => {
  const key = fc.oneof(fc.integer({ min: 0, max: 767 }), fc.constantFrom(...CHARACTERS.keys(), ENTER, 96));
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), fc.constantFrom(...FORMATS), (codes, format) => {
      const typing = new Typing(format).keys(codes);
      if (typing.parser.bufferedChars > 16) return false;
      const before = typing.heard.length;
      typing.wait(501n).type(NUMBERS[format]);
      return typing.heard.length === before + 1 && typing.values.at(-1) === 0x8edbf0n;
    }),
  );
});
