import fc from 'fast-check';
import t from 'tap';
import { decodeUtf8 } from '../../../dapps/sdk/utf8.ts';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function decoded(decode: (bytes: Uint8Array) => string, bytes: Uint8Array): string | null {
  try {
    return decode(bytes);
  } catch {
    return null;
  }
}

t.test('decodes and refuses what TextDecoder does', async (t) => {
  // Bytes near the borders of RFC 3629 section 3, so that most strings are almost well-formed.
  const border = fc.constantFrom(0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed);
  const lead = fc.constantFrom(0xef, 0xf0, 0xf4, 0xf5, 0xff, 0xbb, 0xfe);
  const bytes = fc.array(fc.oneof(border, lead, fc.nat(255)), { maxLength: 8 }).map((all) => Uint8Array.from(all));
  fc.assert(
    fc.property(bytes, (given) => decoded(decodeUtf8, given) === decoded((all) => decoder.decode(all), given)),
    { numRuns: 20_000 },
  );
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }).map((text) => text.toWellFormed()),
      (text) => {
        return decodeUtf8(new TextEncoder().encode(text)) === text;
      },
    ),
  );
  for (let point = 0; point < 0x110000; point += 0x7f) {
    if (point >= 0xd800 && point <= 0xdfff) continue;
    const char = String.fromCodePoint(point);
    if (decodeUtf8(new TextEncoder().encode(char)) !== char) t.fail(`U+${point.toString(16)}`);
  }
  const long = 'aé€\u{1f469}'.repeat(5_000);
  t.equal(decodeUtf8(new TextEncoder().encode(long)), long, 'longer than one piece');
  t.throws(() => decodeUtf8(Uint8Array.of(0x61, 0xff)), { code: 'not_utf8', message: /byte 1/ });
});
