import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import { BACKUP_CHUNK_BYTES_MAX } from '../../src/base/limits.ts';
import { SEALED_CHUNK_BYTES } from '../../src/node/archive-chunks.ts';
import { ARCHIVE_HEADER_BYTES } from '../../src/node/archive-header.ts';
import { ArchiveReader } from '../../src/node/archive-reader.ts';
import { type ArchiveSecret, archiveKeyFile } from '../../src/node/archive-secret.ts';
import { ArchiveWriter, Draft } from '../../src/node/archive-writer.ts';
import { seededRandomness } from '../ledger/written-chain.ts';
import { newFolder } from '../store/open-store.ts';

const KEY: ArchiveSecret = { mode: 'key', key: new Uint8Array(32).fill(5) };
const PLAIN: ArchiveSecret = { mode: 'plain' };
const WORDS: ArchiveSecret = { mode: 'passphrase', passphrase: 'correct horse battery' };
const CHUNK = BACKUP_CHUNK_BYTES_MAX;
/** What a hostile or broken file may be refused with, and nothing else. */
const CODES = new Set([
  'backup_foreign',
  'backup_version',
  'backup_damaged',
  'backup_truncated',
  'backup_content',
  'backup_locked',
  'backup_secret',
]);

async function sealed(path: string, content: Uint8Array, secret: ArchiveSecret, seed = 'x'): Promise<Buffer> {
  const draft = await Draft.begin(path);
  const writer = await ArchiveWriter.begin(draft, secret, seededRandomness(seed));
  // In uneven pieces: where a chunk ends must not show.
  for (let at = 0; at < content.length; at += 50_001) await writer.write(content.subarray(at, at + 50_001));
  await writer.end();
  const size = await draft.commit();
  const bytes = readFileSync(path);
  if (size !== bytes.length) throw new Error('commit tells another size');
  return bytes;
}

/** All of the content, of `length` bytes, or what it is refused with. */
async function opened(path: string, length: number, secret: ArchiveSecret): Promise<Uint8Array> {
  const reader = await ArchiveReader.open(path, async () => secret);
  try {
    const content = await reader.exactly(length);
    await reader.end();
    return content;
  } finally {
    await reader.close();
  }
}

function contentOf(length: number): Uint8Array {
  const hash = createHash('shake256', { outputLength: Math.max(1, length) }).update(`content ${length}`);
  return new Uint8Array(hash.digest()).subarray(0, length);
}

async function refusal(path: string, bytes: Uint8Array, length: number, secret: ArchiveSecret): Promise<string> {
  writeFileSync(path, bytes);
  try {
    await opened(path, length, secret);
    return 'opened';
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

t.test('what was sealed comes back, whatever its length', async (t) => {
  const folder = newFolder(t);
  for (const secret of [PLAIN, KEY, WORDS]) {
    const lengths = secret === WORDS ? [70_000] : [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 17];
    for (const length of lengths) {
      const path = join(folder, `${secret.mode}-${length}`);
      const content = contentOf(length);
      const bytes = await sealed(path, content, secret);
      const chunks = Math.max(1, Math.ceil(length / CHUNK));
      t.equal(bytes.length, ARCHIVE_HEADER_BYTES + length + 16 * chunks, `${secret.mode}, ${length} bytes: its size`);
      t.ok(Buffer.from(content).equals(await opened(path, length, secret)), 'and its content');
      t.equal(
        bytes.includes(Buffer.from(content.subarray(0, 16))) && length > 0,
        secret === PLAIN && length > 0,
        'readable if plain',
      );
      t.equal(statSync(path).mode & 0o777, 0o600);
      t.notOk(existsSync(`${path}.partial`));
      if (length > 0) await t.rejects(opened(path, length - 1, secret), { code: 'backup_content' }, 'there is more');
      await t.rejects(opened(path, length + 1, secret), { code: 'backup_content' }, 'there is less');
    }
  }
});

t.test('one key, two files: nothing in them is alike', async (t) => {
  const folder = newFolder(t);
  const content = new Uint8Array(CHUNK);
  const [one, two] = [
    await sealed(join(folder, 'a'), content, KEY, 'a'),
    await sealed(join(folder, 'b'), content, KEY, 'b'),
  ];
  t.notOk(one.subarray(ARCHIVE_HEADER_BYTES).equals(two.subarray(ARCHIVE_HEADER_BYTES)));
});

t.test('the wrong secret opens nothing, and says which is wanted', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'f');
  const other: ArchiveSecret = { mode: 'key', key: new Uint8Array(32).fill(6) };
  const bytes = await sealed(path, contentOf(9), KEY);
  t.equal(await refusal(path, bytes, 9, other), 'backup_secret');
  t.equal(await refusal(path, bytes, 9, PLAIN), 'backup_locked');
  t.equal(await refusal(path, bytes, 9, WORDS), 'backup_locked');
  const words = await sealed(path, contentOf(9), WORDS);
  t.equal(await refusal(path, words, 9, { mode: 'passphrase', passphrase: 'correct horse batterY' }), 'backup_secret');
  t.equal(await refusal(path, words, 9, KEY), 'backup_locked');
  const composed: ArchiveSecret = { mode: 'passphrase', passphrase: 'caf\u00e9 caf\u00e9' };
  const inParts: ArchiveSecret = { mode: 'passphrase', passphrase: 'cafe\u0301 cafe\u0301' };
  t.equal(await refusal(path, await sealed(path, contentOf(9), composed), 9, inParts), 'opened', 'é is é');
});

t.test('every byte of the header counts', async (t) => {
  const path = join(newFolder(t), 'f');
  for (const secret of [PLAIN, KEY]) {
    const bytes = await sealed(path, contentOf(100), secret);
    for (let at = 0; at < ARCHIVE_HEADER_BYTES; at += 1) {
      const code = await refusal(path, bytes.with(at, (bytes[at] ?? 0) ^ 0x01), 100, secret);
      if (!CODES.has(code)) t.fail(`${secret.mode}, byte ${at}: ${code}`);
    }
  }
  t.pass('each one, changed, is found');
});

t.test('chunks changed, cut off, doubled, swapped or left out are found', async (t) => {
  const path = join(newFolder(t), 'f');
  const length = 3 * CHUNK + 100;
  for (const secret of [PLAIN, KEY]) {
    const bytes = await sealed(path, contentOf(length), secret);
    const head = bytes.subarray(0, ARCHIVE_HEADER_BYTES);
    const chunk = (number: number) => {
      const from = ARCHIVE_HEADER_BYTES + number * SEALED_CHUNK_BYTES;
      return bytes.subarray(from, from + SEALED_CHUNK_BYTES);
    };
    const made = (...numbers: readonly number[]) => Buffer.concat([head, ...numbers.map(chunk)]);
    t.equal(await refusal(path, made(0, 1, 2, 3), length, secret), 'opened');
    const cases: Readonly<Record<string, readonly [Uint8Array, string]>> = {
      'its last chunk gone': [made(0, 1, 2), 'backup_truncated'],
      'only its first': [made(0), 'backup_truncated'],
      'none at all': [made(), 'backup_damaged'],
      swapped: [made(1, 0, 2, 3), 'backup_damaged'],
      doubled: [made(0, 0, 1, 2, 3), 'backup_damaged'],
      'one left out': [made(0, 2, 3), 'backup_damaged'],
      'the last twice': [made(0, 1, 2, 3, 3), 'backup_damaged'],
      'a byte more': [Buffer.concat([bytes, Buffer.from([0])]), 'backup_damaged'],
      'a byte less': [bytes.subarray(0, -1), 'backup_damaged'],
      'half a header': [bytes.subarray(0, 30), 'backup_foreign'],
      nothing: [Buffer.alloc(0), 'backup_foreign'],
    };
    for (const [name, [file, code]] of Object.entries(cases)) {
      t.equal(await refusal(path, file, length, secret), code, `${secret.mode}, ${name}`);
    }
  }
});

t.test('bytes flipped and cuts made anywhere are coded errors', async (t) => {
  const path = join(newFolder(t), 'f');
  const length = CHUNK + 1_000;
  for (const secret of [PLAIN, KEY]) {
    const bytes = await sealed(path, contentOf(length), secret);
    const at = fc.nat(bytes.length - 1);
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), async (where, by) => {
        const code = await refusal(path, bytes.with(where, (bytes[where] ?? 0) ^ by), length, secret);
        if (!CODES.has(code)) throw new Error(`byte ${where}: ${code}`);
      }),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(at, async (where) => {
        const code = await refusal(path, bytes.subarray(0, where), length, secret);
        if (!CODES.has(code)) throw new Error(`cut at ${where}: ${code}`);
      }),
      { numRuns: 100 },
    );
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 4_096 }), async (bytes) => {
      const code = await refusal(path, bytes, 10, PLAIN);
      if (!CODES.has(code)) throw new Error(`bytes at random: ${code}`);
    }),
    { numRuns: 100 },
  );
  t.pass();
});

t.test('a draft given up leaves nothing, one left behind is replaced', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'f');
  writeFileSync(path, 'of value');
  const draft = await Draft.begin(path);
  await draft.write(contentOf(100));
  t.ok(existsSync(`${path}.partial`), 'under another name until it is whole');
  await draft.abandon();
  t.notOk(existsSync(`${path}.partial`));
  t.equal(readFileSync(path, 'utf8'), 'of value');
  writeFileSync(`${path}.partial`, 'of a power cut', { mode: 0o644 });
  const next = await Draft.begin(path);
  await next.write(Buffer.from('new'));
  t.equal(await next.commit(), 3);
  t.equal(readFileSync(path, 'utf8'), 'new');
  t.equal(statSync(path).mode & 0o777, 0o600, 'with its own mode');
  await t.rejects(Draft.begin(join(folder, 'none/f')), { code: 'file_unwritable', fields: { path: /none/ } });
});

t.test('a key file is made once, private, and read again', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'key.json');
  const key = archiveKeyFile(path, seededRandomness('k'));
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.same(archiveKeyFile(path, seededRandomness('other')), key, 'never replaced');
  t.same(archiveKeyFile(path, null), key);
  t.throws(() => archiveKeyFile(join(folder, 'none'), null), { code: 'file_missing' });
  refusedKeyFiles(t, folder);
});

function refusedKeyFiles(t: Test, folder: string): void {
  const texts = [
    '',
    '{}',
    'words',
    '{"kind":"backup-key","key":"00"}',
    `{"kind":"ed25519","key":"${'00'.repeat(32)}"}`,
  ];
  for (const text of texts) {
    const path = join(folder, 'bad.json');
    writeFileSync(path, text, { mode: 0o600 });
    t.throws(() => archiveKeyFile(path, seededRandomness('k')), { code: 'backup_key_file', fields: { path } }, text);
  }
  const open = join(folder, 'open.json');
  writeFileSync(open, readFileSync(join(folder, 'key.json')), { mode: 0o644 });
  t.throws(() => archiveKeyFile(open, null), { code: 'backup_key_file', message: /others/ }, 'that others may read');
}
