import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { BADGE_FRAME_BYTES_MAX } from '../../src/base/limits.ts';
import type { ByteParser } from '../../src/devices/byte-parser.ts';
import type { Credential } from '../../src/devices/credential.ts';
import { encodeFrame as encodeGwiot } from '../../src/devices/gwiot7941e/frame.ts';
import { Gwiot7941eParser } from '../../src/devices/gwiot7941e/parser.ts';
import { Pn532Parser } from '../../src/devices/pn532/parser.ts';
import { decodeTarget } from '../../src/devices/pn532/target.ts';
import { encodeFrame as encodeRdm6300 } from '../../src/devices/rdm6300/frame.ts';
import { Rdm6300Parser } from '../../src/devices/rdm6300/parser.ts';
import { decodeCard } from '../../src/devices/wiegand/card.ts';
import { WIEGAND_LAYOUTS, type WiegandFormat } from '../../src/devices/wiegand/formats.ts';
import { decodeKey, KEY_BITS, KEY_CODES_DEFAULT, type Keypad } from '../../src/devices/wiegand/keypad.ts';
import { encodeFrame as encodePn532 } from './pn532/twin.ts';
import { encodeCard } from './wiegand/encode.ts';

/**
 * Our parsers and the decoders of `test/fixtures/decoders/decoder.py`, which somebody else wrote from the documents
 * alone, get the same frames: valid ones, ones with a change, ones with a change and a check that is right again, and
 * noise. Whatever they take differently is a mistake of one of them.
 */

const DECODER = join(import.meta.dirname, '../fixtures/decoders/decoder.py');
const RUNS = 3_000;
const SEED = (Math.random() * 2 ** 31) | 0;
const NONE = 'none';

/** A question for the decoder, and our own answer. */
interface Case {
  readonly question: string;
  readonly ours: string;
}

async function askDecoder(questions: readonly string[]): Promise<readonly string[]> {
  const python = spawn('python3', [DECODER], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers: string[] = [];
  python.stdin.end(`${questions.join('\n')}\n`);
  for await (const line of createInterface(python.stdout)) answers.push(line);
  return answers;
}

async function compare(t: Test, cases: readonly Case[]): Promise<void> {
  const answers = await askDecoder(cases.map(({ question }) => question));
  t.equal(answers.length, cases.length, 'an answer to each');
  let taken = 0;
  for (const [at, { question, ours }] of cases.entries()) {
    if (ours !== NONE) taken += 1;
    if (answers[at] !== ours) t.fail(`seed ${SEED}: ${question} is ${ours} here and ${answers[at]} there`);
  }
  t.ok(taken >= cases.length / 20, `${taken} of ${cases.length} are frames`);
  t.ok(cases.length - taken >= cases.length / 20, 'and some are none');
}

const sample = <T>(arbitrary: fc.Arbitrary<T>): readonly T[] => fc.sample(arbitrary, { numRuns: RUNS, seed: SEED });

/** Bytes of a frame with one or two things wrong; `mend` may make its check right again. */
function mutations(valid: fc.Arbitrary<Uint8Array>, mend: (bytes: Uint8Array) => Uint8Array): fc.Arbitrary<Uint8Array> {
  const spot = fc.tuple(fc.nat(), fc.nat(255));
  const change = fc.oneof(
    spot.map(
      ([at, byte]) =>
        (bytes: Uint8Array) =>
          bytes.with(at % bytes.length, byte),
    ),
    spot.map(([at, bit]) => (bytes: Uint8Array) => {
      return bytes.with(at % bytes.length, (bytes[at % bytes.length] ?? 0) ^ (1 << (bit % 8)));
    }),
    spot.map(
      ([at]) =>
        (bytes: Uint8Array) =>
          bytes.filter((_, other) => other !== at % bytes.length),
    ),
    spot.map(([at, byte]) => (bytes: Uint8Array) => {
      const cut = at % (bytes.length + 1);
      return Uint8Array.of(...bytes.subarray(0, cut), byte, ...bytes.subarray(cut));
    }),
    fc.constant((bytes: Uint8Array) => Uint8Array.of(...bytes, ...bytes)),
  );
  const changed = fc
    .tuple(valid, fc.array(change, { minLength: 1, maxLength: 2 }))
    .map(([bytes, changes]) => changes.reduce((one, by) => (one.length === 0 ? one : by(one)), bytes));
  return fc.oneof(valid, changed, changed.map(mend), fc.uint8Array({ maxLength: 20 }));
}

/** What our parser makes of bytes that are to be one frame and nothing else. */
function exactly<Found>(bytes: Uint8Array, make: (onFound: (found: Found) => void) => ByteParser): Found | null {
  const found: Found[] = [];
  const parser = make((one) => found.push(one));
  parser.push(bytes);
  const refused = Object.values(parser.refused).reduce((sum, count) => sum + count, 0);
  const isAll = found.length === 1 && refused + parser.strayBytes + parser.bufferedBytes === 0;
  return isAll ? (found[0] ?? null) : null;
}

const say = (read: Credential | null): string => (read === null ? NONE : `${read.family} ${read.bits} ${read.value}`);
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const xorOf = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum ^ byte, 0);

t.test('RDM6300 and ID-12', async (t) => {
  const uid = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }), fc.constant(0n));
  const plain = uid.map(encodeRdm6300);
  const withCrLf = plain.map((bytes) => Uint8Array.of(...bytes.subarray(0, -1), 0x0d, 0x0a, 0x03));
  const mend = (bytes: Uint8Array): Uint8Array => {
    const digits = Buffer.from(bytes.subarray(1, 11)).toString('latin1');
    if (!/^[0-9A-Fa-f]{10}$/.test(digits)) return bytes;
    const check = xorOf(Buffer.from(digits, 'hex')).toString(16).toUpperCase().padStart(2, '0');
    return Uint8Array.of(...bytes.subarray(0, 11), ...Buffer.from(check), ...bytes.subarray(13));
  };
  for (const name of ['rdm6300', 'id12']) {
    const frames = sample(mutations(fc.oneof(plain, withCrLf), mend));
    const cases = frames.map((bytes) => ({
      question: `${name} ${hexOf(bytes)}`,
      ours: say(exactly<Credential>(bytes, (onFound) => new Rdm6300Parser(onFound))),
    }));
    await compare(t, cases);
  }
});

t.test('GWIOT 7941E', async (t) => {
  const number = fc.oneof(fc.bigInt({ min: 0n, max: 2n ** 40n - 1n }), fc.constant(0x1100000000n));
  const mend = (bytes: Uint8Array): Uint8Array =>
    bytes.length > 8 ? bytes.with(8, xorOf(bytes.subarray(1, 8))) : bytes;
  const cases = sample(mutations(number.map(encodeGwiot), mend)).map((bytes) => ({
    question: `gwiot7941e ${hexOf(bytes)}`,
    ours: say(exactly<Credential>(bytes, (onFound) => new Gwiot7941eParser(onFound))),
  }));
  await compare(t, cases);
});

t.test('PN532', async (t) => {
  const uid = fc
    .constantFrom(4, 4, 7, 7, 10, 10, 3, 0)
    .chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
  const ats = fc.oneof(
    fc.constant(new Uint8Array()),
    fc.constant(new Uint8Array()),
    fc.uint8Array({ maxLength: 16 }).map((bytes) => Uint8Array.of(bytes.length + 1, ...bytes)),
    fc.uint8Array({ maxLength: 4 }),
  );
  const answer = fc
    .tuple(uid, ats, fc.constantFrom(0x08, 0x20, 0x28, 0x00), fc.constantFrom(1, 1, 1, 1, 1, 0, 2))
    .map(([id, rest, selRes, targets]) =>
      encodePn532(Uint8Array.of(0xd5, 0x4b, targets, 1, 0x00, 0x04, selRes, id.length, ...id, ...rest)),
    );
  const others = fc.uint8Array({ minLength: 1, maxLength: 57 }).map((content) => encodePn532(content));
  const mend = (bytes: Uint8Array): Uint8Array => (bytes.length > 8 ? encodePn532(bytes.subarray(5, -2)) : bytes);
  const targetOf = (bytes: Uint8Array): string => {
    const message = exactly(
      bytes,
      (onFound: (found: { type: string; data?: Uint8Array }) => void) => new Pn532Parser(onFound),
    );
    if (message?.data === undefined) return NONE;
    const read = decodeTarget(message.data, 'as-sent');
    // UID 0 and those that phones make up are refused by us for what they are; a decoder of frames reads them.
    if (read === 'zero_uid') return `iso14443a ${(message.data[6] ?? 0) * 8} 0`;
    if (read === 'random_uid') return `iso14443a 32 ${Buffer.from(message.data).readUInt32BE(7)}`;
    return typeof read === 'string' ? NONE : say(read);
  };
  const frames = sample(mutations(fc.oneof(answer, answer, answer, others), mend)).filter((bytes) => {
    return bytes.length <= BADGE_FRAME_BYTES_MAX;
  });
  await compare(
    t,
    frames.map((bytes) => ({ question: `pn532 ${hexOf(bytes)}`, ours: targetOf(bytes) })),
  );
});

t.test('Wiegand cards', async (t) => {
  for (const format of Object.keys(WIEGAND_LAYOUTS) as readonly WiegandFormat[]) {
    const layout = WIEGAND_LAYOUTS[format];
    const number = ({ from, to }: { from: number; to: number }) =>
      fc.maxSafeNat().map((one) => one % 2 ** (to - from + 1));
    const facility = 'facility' in layout ? number(layout.facility) : fc.constant(null);
    const valid = fc
      .tuple(facility, number(layout.card), fc.constantFrom(900, 900, 900, 901, 0))
      .map(([fc_, card, oem]) => encodeCard(format, { facility: fc_, card }, oem))
      .map(({ bits, value }) => value.toString(2).padStart(bits, '0'));
    const flipped = fc.tuple(valid, fc.nat(), fc.nat()).map(([text, one, other]) => {
      const flip = (bits: string, at: number) => `${bits.slice(0, at)}${bits[at] === '0' ? 1 : 0}${bits.slice(at + 1)}`;
      return flip(flip(text, one % text.length), other % text.length);
    });
    const noise = fc.string({ unit: fc.constantFrom('0', '1'), maxLength: 40 });
    const longer = fc
      .tuple(valid, fc.constantFrom('0', '1', ''))
      .map(([text, more]) => more + text.slice(0, -1) + more);
    const cases = sample(fc.oneof(valid, flipped, noise, longer)).map((text) => {
      const read = decodeCard(format, { bits: text.length, value: BigInt(`0b${text || '0'}`) });
      const ours = typeof read === 'string' ? NONE : `wiegand ${read.facility ?? '-'} ${read.card}`;
      return { question: `wiegand ${format} ${text}`, ours };
    });
    await compare(t, cases);
  }
});

t.test('keys', async (t) => {
  for (const [keypad, name] of [
    ['4-bit', 'keypad4'],
    ['8-bit', 'keypad8'],
  ] as const) {
    const lengths = Array.from({ length: 10 }, (_, bits) => bits);
    const cases = lengths.flatMap((bits) =>
      Array.from({ length: 2 ** bits }, (_, value) => {
        const text = bits === 0 ? '' : value.toString(2).padStart(bits, '0');
        return { question: `${name} ${text}`, ours: keyOf(keypad, text) };
      }),
    );
    const answers = await askDecoder(cases.map(({ question }) => question));
    t.same(
      answers,
      cases.map(({ ours }) => ours),
      `every frame of up to 9 bits at a keypad of ${keypad}`,
    );
    t.equal(answers.filter((answer) => answer !== NONE).length, 12);
  }
});

function keyOf(keypad: Keypad, text: string): string {
  if (text.length !== KEY_BITS[keypad]) return NONE;
  const key = decodeKey(keypad, { bits: text.length, value: BigInt(`0b${text}`) }, KEY_CODES_DEFAULT);
  return key === 'bad_key' ? NONE : `key ${key}`;
}
