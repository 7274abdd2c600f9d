import t from 'tap';
import { LINE_BYTES_MAX } from '../../src/base/limits.ts';
import { LineSplitter } from '../../src/sandbox/lines.ts';

function split(lineBytesMax: number, chunks: Iterable<Uint8Array>): string[] {
  const splitter = new LineSplitter(lineBytesMax);
  const lines: string[] = [];
  for (const chunk of chunks) {
    splitter.push(chunk);
    for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(line);
  }
  splitter.end();
  return lines;
}

const STREAM = Buffer.from('one\n\nzwei ü€😀\nwith\rreturn\r\n\uFEFFmark\n');
const LINES = ['one', '', 'zwei ü€😀', 'with\rreturn\r', '\uFEFFmark'];

t.test('the same lines however the bytes come', (t) => {
  t.same(split(64, [STREAM]), LINES, 'whole');
  t.same(split(64, [Buffer.concat([STREAM, STREAM])]), [...LINES, ...LINES], 'doubled');
  t.same(
    split(
      64,
      Array.from(STREAM, (byte) => Buffer.of(byte)),
    ),
    LINES,
    'byte by byte',
  );
  for (let at = 0; at <= STREAM.length; at++) {
    t.same(split(64, [STREAM.subarray(0, at), STREAM.subarray(at)]), LINES, `split at ${at}`);
  }
  t.end();
});

t.test('the cap counts the bytes of a line without its LF', (t) => {
  const most = '€'.repeat(5);
  for (const pieces of [1, 4, 100]) {
    const cut = (text: string): Buffer[] => {
      const bytes = Buffer.from(text);
      return Array.from({ length: Math.ceil(bytes.length / pieces) }, (_, i) =>
        bytes.subarray(i * pieces, (i + 1) * pieces),
      );
    };
    t.same(split(15, cut(`${most}\n${most}\n`)), [most, most], 'exactly the cap');
    t.throws(() => split(15, cut(`a\n${most}x\n`)), { code: 'line_too_long', fields: { bytesMax: 15 } });
    t.throws(() => split(15, cut(`${most}x`)), { code: 'line_too_long' }, 'before any LF');
  }
  const full = 'x'.repeat(LINE_BYTES_MAX);
  t.same(split(LINE_BYTES_MAX, [Buffer.from(full), Buffer.from('\n')]), [full]);
  t.throws(() => split(LINE_BYTES_MAX, [Buffer.from(full), Buffer.from('x')]), { code: 'line_too_long' });
  t.end();
});

t.test('a giant line in small pieces never holds more than the cap', (t) => {
  const splitter = new LineSplitter(10_000);
  const piece = Buffer.from('abc');
  let heldMax = 0;
  const feed = (): void => {
    for (let fed = 0; fed < 20_000; fed += piece.length) {
      splitter.push(piece);
      splitter.next();
      heldMax = Math.max(heldMax, splitter.heldBytes);
    }
  };
  t.throws(feed, { code: 'line_too_long' });
  t.equal(heldMax, 10_000);
  const short = new LineSplitter(10_000);
  short.push(Buffer.from('x'.repeat(9_000)));
  t.equal(short.next(), undefined);
  short.push(Buffer.from('\ny'));
  t.equal(short.next()?.length, 9_000);
  t.equal(short.heldBytes, 0, 'given back after the line');
  t.end();
});

t.test('a held piece is a copy', (t) => {
  const splitter = new LineSplitter(64);
  const bytes = Buffer.from('abc');
  splitter.push(bytes);
  t.equal(splitter.next(), undefined);
  bytes.fill('z');
  splitter.push(Buffer.from('\n'));
  t.equal(splitter.next(), 'abc');
  t.end();
});

t.test('only whole lines of strict UTF-8', (t) => {
  const bad = ['ff', 'c080', 'eda080', 'f4908080', 'e282', '80', 'f8888080 80'.replace(' ', '')];
  for (const hex of bad) {
    t.throws(() => split(64, [Buffer.from(`61${hex}0a`, 'hex')]), { code: 'line_not_utf8' }, hex);
  }
  t.throws(() => split(64, [Buffer.from('a\nb')]), { code: 'line_cut', fields: { bytes: 1 } });
  t.throws(() => {
    const splitter = new LineSplitter(64);
    splitter.push(Buffer.from('a\nb\n'));
    splitter.next();
    splitter.push(Buffer.from('c'));
  }, /used up/);
  t.end();
});
