import fc from 'fast-check';
import t from 'tap';
import type { ChipMessage } from '../../../src/devices/pn532/frame.ts';
import { encodeCommand } from '../../../src/devices/pn532/frame.ts';
import { Pn532Parser } from '../../../src/devices/pn532/parser.ts';
import { decodeTarget } from '../../../src/devices/pn532/target.ts';
import { byteParserSuite } from '../../contract/byte-parser.ts';
import { encodeFrame } from './twin.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const answer = (hex: string): Uint8Array => encodeFrame(bytesOf(`D5${hex}`));
const say = (message: ChipMessage): string => (message.type === 'data' ? hexOf(message.data) : message.type);

/** What a frame is, said a second time: ACK, NACK, and normal information frames up to 64 bytes. */
function oracle(line: Uint8Array): readonly string[] {
  const says: string[] = [];
  const hex = hexOf(line);
  for (let at = 0; at < line.length; ) {
    const here = hex.slice(at * 2);
    const short = /^0000ff(00ff|ff00)00/.exec(here);
    const length = line[at + 3] ?? 0;
    const frame = line.subarray(at, at + length + 7);
    const sums = [frame.subarray(3, 5), frame.subarray(5, -1)].map((part) => part.reduce((sum, one) => sum + one, 0));
    // The rest of it may still come, whatever is behind it now.
    const isBegun = here.startsWith('0000ff') && sums[0] === 256 && length <= 57 && frame.length < length + 7;
    if (isBegun) break;
    const isWhole = frame.length === length + 7 && length > 0 && length <= 57 && frame.at(-1) === 0;
    const isSound = here.startsWith('0000ff') && isWhole && sums.every((sum) => sum % 256 === 0);
    const isError = isSound && length === 1 && frame[5] === 0x7f;
    const isData = isSound && length > 1 && frame[5] === 0xd5;
    if (short !== null) says.push(short[1] === '00ff' ? 'ack' : 'nack');
    else if (isError) says.push('error');
    else if (isData) says.push(hexOf(frame.subarray(6, -2)));
    at += short !== null ? 6 : isError || isData ? frame.length : 1;
  }
  return says;
}

t.test('the published vectors', async (t) => {
  t.equal(hexOf(encodeCommand(Uint8Array.of(0x02))), '0000ff02fed4022a00', 'ask for the firmware');
  t.equal(hexOf(encodeCommand(Uint8Array.of(0x4a, 1, 0))), '0000ff04fcd44a0100e100', 'ask for a card');
  const heard: string[] = [];
  const parser = new Pn532Parser((message) => heard.push(say(message)));
  parser.push(bytesOf('0000FF00FF00 0000FF06FAD50332010607E800 0000FFFF0000 0000FF01FF7F8100'));
  t.same(heard, ['ack', '0332010607', 'nack', 'error']);
  t.same(parser.refused, { bad_length: 0, over_long: 0, bad_direction: 0, bad_checksum: 0, bad_end: 0, no_end: 0 });
});

t.test('a refusal for each reason', async (t) => {
  for (const [hex, reason] of [
    ['0000FF06FBD50332010607E800', 'bad_length'],
    ['0000FF0000 00', 'bad_length'],
    ['0000FFFFFF 0100FF', 'over_long'],
    ['0000FF3AC6', 'over_long'],
    ['0000FF02FED4022A00', 'bad_direction'],
    ['0000FF01FFD52B00', 'bad_direction'],
    ['0000FF06FAD50332010607E900', 'bad_checksum'],
    ['0000FF06FAD50332010607E801', 'bad_end'],
    ['0000FF00FF01', 'bad_end'],
  ] as const) {
    const parser = new Pn532Parser(() => t.fail(hex));
    parser.push(bytesOf(hex));
    t.equal(parser.refused[reason], 1, `${hex} is ${reason}`);
  }
});

t.test('as every parser', async (t) => {
  const card = '4B010100040804DE AD BE EF'.replaceAll(' ', '');
  byteParserSuite(t, {
    make: (onFound) => new Pn532Parser((message) => onFound(say(message))),
    frames: [
      { bytes: answer(card), says: card.toLowerCase() },
      { bytes: bytesOf('0000FF06FAD50332010607E800'), says: '0332010607' },
      { bytes: bytesOf('0000FF00FF00'), says: 'ack' },
      { bytes: answer('4B00'), says: '4b00' },
      // Its content looks like the start of another frame, and like an ACK.
      { bytes: answer('4B0000FF00FF000000FF'), says: '4b0000ff00ff000000ff', isNest: true },
      { bytes: answer(`4B${'00'.repeat(55)}`), says: `4b${'00'.repeat(55)}` },
    ],
    beginnings: ['00', '0000FF', '0000FF39C7D5', '0000FF00FF', '0000FF06FA', 'FF'].map(bytesOf),
    heldMax: 64,
    resyncBytes: 64,
    sharesEdge: true,
    oracle,
  });
});

t.test('cards of 4, 7 and 10 bytes, leading zeros kept', async (t) => {
  const target = (hex: string, order: 'as-sent' | 'reversed' = 'as-sent') => decodeTarget(bytesOf(hex), order);
  for (const [hex, bits, value] of [
    ['4B0101000408 04 DEADBEEF', 32, 0xdeadbeefn],
    ['4B0101000408 04 00000001', 32, 1n],
    ['4B0101004400 07 00A1B2C3D4E5F6', 56, 0xa1b2c3d4e5f6n],
    ['4B0101004420 0A 00010203040506070809', 80, 0x00010203040506070809n],
    ['4B0101004400 07 0811223344 5566', 56, 0x08112233445566n],
    // A card that speaks ISO 14443-4 (SEL_RES 20) with its ATS, of which the first byte counts all.
    ['4B0101034420 07 041E3C5A7C8001 06757781 0280', 56, 0x041e3c5a7c8001n],
  ] as const) {
    t.same(target(hex), { family: 'iso14443a', bits, value }, hex);
  }
  t.same(target('4B0101000408 04 00ADBEEF', 'reversed'), { family: 'iso14443a', bits: 32, value: 0xefbead00n });
  t.equal(target('4B00'), null, 'no card is there');
  for (const [hex, fault] of [
    ['4B', 'bad_target'],
    ['0332010607', 'bad_target'],
    ['4B02010004080411223344', 'bad_target'],
    ['4B01020004080411223344', 'bad_target'],
    ['4B0101000408', 'bad_target'],
    ['4B010100040804112233', 'bad_target'],
    ['4B0101000408041122334455', 'bad_target'],
    ['4B0101000428041122334403', 'bad_target'],
    ['4B010100040805112233445566', 'bad_uid_length'],
    ['4B010100040800', 'bad_uid_length'],
    ['4B01010004080400000000', 'zero_uid'],
    ['4B01010004080408112233', 'random_uid'],
  ] as const) {
    t.equal(target(hex), fault, hex);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const read = decodeTarget(bytes, 'as-sent');
      if (read === null || typeof read === 'string') return true;
      return read.value > 0n && read.value >> BigInt(read.bits) === 0n;
    }),
  );
});
