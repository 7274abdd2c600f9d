import fc from 'fast-check';
import t from 'tap';
import { CHUNKER_BLOCK_BYTES, ENTRY_ATTRIBUTES_MAX, TAR_HEADER_BYTES_MAX } from '../../../src/base/limits-chunks.ts';
import { exportTar } from '../../../src/chunks/tar/export.ts';
import { importTar, type TarSnapshot } from '../../../src/chunks/tar/import.ts';
import { readContent } from '../../../src/chunks/tree/content.ts';
import type { Entry } from '../../../src/chunks/tree/entry.ts';
import { walkTree } from '../../../src/chunks/tree/walk.ts';
import { openTarShelf } from '../../../src/store/chunks/tar-shelf.ts';
import { hex, MemoryChunks, makeChunker } from '../tree-parts.ts';
import { archive, END, pax, type RawMember, rawMember } from './raw-tar.ts';

/** Each piece is lent: it is another as soon as the next is asked for. */
async function* inPieces(whole: Buffer, size: number): AsyncGenerator<Uint8Array> {
  const lent = Buffer.alloc(Math.min(size, whole.length));
  for (let at = 0; at < whole.length; at += size) {
    yield lent.subarray(0, whole.copy(lent, 0, at, at + size));
    lent.fill(0xee);
  }
}

async function taken(tar: Buffer, folder: string, chunks = new MemoryChunks(), size = 1000): Promise<TarSnapshot> {
  const shelf = openTarShelf(folder);
  try {
    return await importTar(inPieces(tar, size), { importing: chunks, shelf, makeChunker });
  } finally {
    shelf.close();
  }
}

/** Each path with what it holds. */
async function contents(tar: Buffer, folder: string): Promise<Readonly<Record<string, string>>> {
  const chunks = new MemoryChunks();
  const { root } = await taken(tar, folder, chunks);
  const found: Record<string, string> = {};
  for await (const { path, entry } of walkTree(root, chunks.fetch)) {
    found[Buffer.from(path).toString('latin1')] = await shown(entry, chunks);
  }
  return found;
}

async function shown(entry: Entry, chunks: MemoryChunks): Promise<string> {
  if (entry.kind === 'hardlink') return `= ${Buffer.from(entry.to)}`;
  if (entry.kind === 'symlink') return `-> ${Buffer.from(entry.target)}`;
  if (entry.kind !== 'file') return entry.kind;
  const content = Buffer.concat(await Array.fromAsync(readContent(entry.content, chunks.fetch)));
  return content.toString('latin1');
}

const link = (path: string, to: string): RawMember => ({ path, type: '1', link: to });
const symlink = (path: string, to: string): RawMember => ({ path, type: '2', link: to });
const file = (path: string, body = ''): RawMember => ({ path, body });
const folderOf = (path: string): RawMember => ({ path, type: '5' });

t.test('members in any order, with names as people write them', async (t) => {
  const folder = t.testdir();
  const same = async (members: readonly (RawMember | Buffer)[], wanted: Readonly<Record<string, string>>) =>
    t.strictSame(await contents(archive(...members), folder), wanted);
  await same([], {});
  await same([file('/b/x', '1'), file('./a', '2'), file('b//./c/', '')], {
    a: '2',
    b: 'directory',
    'b/c': 'directory',
    'b/x': '1',
  });
  await same([file('a!', '1'), file('a/b', '2'), folderOf('a')], { a: 'directory', 'a/b': '2', 'a!': '1' });
  await same([file('a', 'old'), file('a', 'new')], { a: 'new' });
  await same([file('a'), folderOf('a'), file('a/b', 'x')], { a: 'directory', 'a/b': 'x' });
  await same([file('.wh.a', ''), file('b/.wh..wh..opq')], { '.wh.a': '', b: 'directory', 'b/.wh..wh..opq': '' });
  await same(
    [
      { ...file('dir/'), magic: '' },
      { ...file('dir/x', 'v7'), magic: '' },
    ],
    { dir: 'directory', 'dir/x': 'v7' },
  );
  await same(
    [
      { ...file('x', '7'), type: '7' },
      { type: 'V', path: 'label' },
      { ...folderOf('d'), type: 'D', body: 'Yx' },
    ],
    {
      d: 'directory',
      x: '7',
    },
  );
  await same([{ ...file('x', 'p'), over: [[345, 'pre/fix']] }], {
    pre: 'directory',
    'pre/fix': 'directory',
    'pre/fix/x': 'p',
  });
});

t.test('hard links', async (t) => {
  const folder = t.testdir();
  const same = async (members: readonly RawMember[], wanted: Readonly<Record<string, string>>) =>
    t.strictSame(await contents(archive(...members), folder), wanted);
  await same([file('b', '1'), link('a', 'b'), link('c', '/a'), link('c', './c')], { a: '1', b: '= a', c: '= a' });
  // The file that was meant, whatever has its name later.
  await same([file('b', 'old'), link('c', 'b'), file('b', 'new')], { b: 'new', c: 'old' });
  await same([file('b', 'old'), link('c', 'b'), link('d', 'c'), file('b', 'new')], { b: 'new', c: 'old', d: '= c' });
  await same([symlink('s', 'nowhere'), link('t', 's')], { s: '-> nowhere', t: '= s' });
  await same([file('a/x', '1'), link('a/b/y', 'a/x'), link('a!', 'a/x')], {
    a: 'directory',
    'a/b': 'directory',
    'a/b/y': '1',
    'a/x': '= a/b/y',
    'a!': '= a/b/y',
  });
});

t.test('parents that no member tells of, and times, owners and rights', async (t) => {
  const chunks = new MemoryChunks();
  const over = [[116, '\x80\0\0\0\xb2\xd0\x5e\0']] as const;
  const tar = archive(
    pax([
      ['mtime', '-1.25'],
      ['uid', '3000000000'],
      ['SCHILY.acl.access', 'user::rw-,user:5:r--,mask::r--'],
      ['comment', 'x'],
    ]),
    { ...file('a/b'), mode: '0104755', over },
    pax([['mtime', '5']], 'g'),
    pax([['mtime', '']]),
    file('c'),
    { ...file('d'), mtime: '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe' },
  );
  const { root, passedOver, members } = await taken(tar, t.testdir(), chunks);
  const made = { mode: 0o755, uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: [] };
  t.same(root.meta, made);
  t.strictSame(passedOver, ['SCHILY.acl.access']);
  t.equal(members, 3);
  const entries = await Array.fromAsync(walkTree(root, chunks.fetch));
  t.match(entries, [
    { entry: { meta: made } },
    {
      entry: {
        meta: {
          mode: 0o4755,
          uid: 3_000_000_000,
          gid: 3_000_000_000,
          modified: { seconds: -2, nanoseconds: 750_000_000 },
        },
      },
    },
    { entry: { meta: { modified: { seconds: 1, nanoseconds: 0 } } } },
    { entry: { meta: { modified: { seconds: 5, nanoseconds: 0 } } } },
  ]);
});

const number = (...bytes: readonly number[]) => Buffer.from([...bytes, ...new Array(12 - bytes.length).fill(0)]);
const sparse = (records: readonly (readonly [string, string])[], body: string, other: RawMember = {}) =>
  [pax([...records]), rawMember({ ...file('s', body), ...other })] as const;
const VERSION_1 = [
  ['GNU.sparse.major', '1'],
  ['GNU.sparse.minor', '0'],
  ['GNU.sparse.name', 's'],
  ['GNU.sparse.realsize', '20'],
] as const;
const mapOf = (text: string, data: string) => text.padEnd(512, '\0') + data;

/** By code, archives that are refused so. */
const HOSTILE: Readonly<Record<string, Readonly<Record<string, Buffer>>>> = {
  tar_path: {
    'leads out': archive(file('../x')),
    'leads out from within': archive(file('a/../../x')),
    'leads out and back': archive(file('a/../x')),
    'is the way out': archive(folderOf('..')),
    'leads out after slashes': archive(file('//../x')),
    'is empty': archive(file('')),
    'is the root, as a file': archive(file('.')),
    'has a zero': archive(pax([['path', 'a\0b']]), file('x')),
    'has a long name': archive(pax([['path', 'n'.repeat(256)]]), file('x')),
    'is too deep': archive(pax([['path', `${'d/'.repeat(256)}f`]]), file('x')),
    'links out': archive(file('x'), link('y', '../x')),
  },
  tar_link: {
    'to nothing': archive(link('a', 'b')),
    'to what comes later': archive(link('a', 'b'), file('b')),
    'to a directory': archive(folderOf('b'), link('a', 'b')),
    'through a symbolic link': archive(folderOf('d'), file('d/f'), symlink('s', 'd'), link('a', 's/f')),
    'to itself': archive(link('a', 'a')),
  },
  tar_not_directory: {
    'below a symbolic link': archive(symlink('a', '/etc'), file('a/passwd')),
    'below a symbolic link, before it': archive(file('a/passwd'), symlink('a', '/etc')),
    'far below a file': archive(file('a'), file('a/b/c/d')),
    'below a hard link': archive(file('a'), link('b', 'a'), file('b/c')),
  },
  tar_form: {
    'a negative size': archive({
      ...file('x'),
      size: number(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    }),
    'a size beyond numbers': archive({ ...file('x'), size: number(0x80, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1) }),
    'a size beyond files': archive({ ...file('x'), size: number(0x80, 0, 0, 0, 0, 0, 2) }),
    'a negative size of a header': archive({
      type: 'x',
      size: number(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
    }),
    'a size in words': archive({ ...file('x'), size: Buffer.from('many bytes!!') }),
    'a size in decimals': archive({ ...file('x'), size: Buffer.from('00000000009') }),
    'a size of pax below zero': archive(pax([['size', '-1']]), file('x')),
    'a size of pax beyond numbers': archive(pax([['size', '9999999999999999']]), file('x')),
    'a hard link with content': archive(file('x'), { ...link('y', 'x'), body: 'own' }),
    'a type nobody knows': archive({ ...file('x'), type: 'Z' }),
    'a part of several volumes': archive({ ...file('x'), type: 'M' }),
    'an owner beyond Linux': archive(pax([['uid', '4294967295']]), file('x')),
    'an owner in words': archive(pax([['uid', 'root']]), file('x')),
    'a time in words': archive(pax([['mtime', 'now']]), file('x')),
    'a link to nowhere': archive(symlink('x', '')),
    'a link that is too long': archive(pax([['linkpath', 'l'.repeat(4096)]]), symlink('x', 'l')),
    'too many attributes': archive(
      pax(Array.from({ length: ENTRY_ATTRIBUTES_MAX + 1 }, (_, at) => [`SCHILY.xattr.user.${at}`, 'v'] as const)),
      file('x'),
    ),
    'attributes that are too large': archive(pax([['SCHILY.xattr.user.a', 'v'.repeat(140_000)]]), file('x')),
    'a record without a length': archive({ type: 'x', body: 'x path=a\n' }, file('x')),
    'a record that is too short': archive({ type: 'x', body: '8 path=a\n' }, file('x')),
    'a record beyond the end': archive({ type: 'x', body: '900 path=a\n' }, file('x')),
    'a record of no length': archive({ type: 'x', body: '0 path=a\n' }, file('x')),
    'a record without a value': archive({ type: 'x', body: '9 path_a\n' }, file('x')),
    'a record without a key': archive({ type: 'x', body: '5 =a\n' }, file('x')),
    'a length with a sign': archive({ type: 'x', body: '+9 path=a\n' }, file('x')),
    'a header of nothing': archive(pax([['path', 'a']])),
  },
  tar_too_large: {
    'a header that is too large': archive({ type: 'x', size: TAR_HEADER_BYTES_MAX + 1 }),
    'a long name that is too large': archive({ type: 'L', size: TAR_HEADER_BYTES_MAX + 1 }),
    'files that are too large together': archive(
      ...sparse(
        [
          ['GNU.sparse.size', `${2 ** 20}`],
          ['GNU.sparse.map', `${2 ** 20},0`],
        ],
        '',
      ),
      ...sparse(
        [
          ['GNU.sparse.size', `${2 ** 40}`],
          ['GNU.sparse.map', `${2 ** 40},0`],
        ],
        '',
      ),
    ),
  },
  tar_header: {
    'a wrong sum': archive({ ...file('x'), checksum: '000001\0 ' }),
    'a sum in words': archive({ ...file('x'), checksum: 'no  sum ' }),
    'no archive': Buffer.alloc(2000, 'text '),
  },
  tar_compressed: {
    gzip: Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.alloc(1000, 1)]),
    zstd: Buffer.concat([Buffer.from('28b52ffd', 'hex'), Buffer.alloc(1000, 1)]),
  },
  tar_truncated: {
    'nothing at all': Buffer.alloc(0),
    'no end': rawMember(file('x', 'body')),
    'in a header': archive(file('x')).subarray(0, 300),
    'in a body': rawMember(file('x', 'b'.repeat(2000))).subarray(0, 1000),
    'in what fills a block': rawMember(file('x', 'b')).subarray(0, 800),
    'a body that is shorter than it says': archive({ ...file('x', 'b'), size: 100_000 }),
    'in an extended header': pax([['path', 'a']]).subarray(0, 700),
  },
  tar_sparse: {
    'runs that overlap': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.map', '0,5,4,5'],
        ],
        '0123456789',
      ),
    ),
    'runs that go back': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.map', '10,5,0,5'],
        ],
        '0123456789',
      ),
    ),
    'runs beyond the end': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '9'],
          ['GNU.sparse.map', '0,10'],
        ],
        '0123456789',
      ),
    ),
    'runs of other data': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.map', '0,9'],
        ],
        '0123456789',
      ),
    ),
    'more data than there is': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.map', '0,11'],
        ],
        '0123456789',
      ),
    ),
    'an offset alone': archive(
      ...sparse(
        [
          ['GNU.sparse.size', '20'],
          ['GNU.sparse.offset', '0'],
        ],
        '',
      ),
    ),
    'a file beyond files': archive(
      ...sparse(
        [
          ['GNU.sparse.size', `${2 ** 41}`],
          ['GNU.sparse.map', '0,0'],
        ],
        '',
      ),
    ),
    'a version to come': archive(
      ...sparse(
        [
          ['GNU.sparse.major', '2'],
          ['GNU.sparse.minor', '0'],
        ],
        '',
      ),
    ),
    'a map without a length': archive(
      ...sparse(
        [
          ['GNU.sparse.major', '1'],
          ['GNU.sparse.minor', '0'],
        ],
        mapOf('0\n', ''),
      ),
    ),
    'a map beyond the member': archive(...sparse(VERSION_1, '3\n0\n')),
    'a map without an end': archive(...sparse(VERSION_1, mapOf('9\n0\n1\n', ''))),
    'a line without an end': archive(...sparse(VERSION_1, mapOf('0'.repeat(512), ''))),
    'a million runs': archive(...sparse(VERSION_1, mapOf('1000000\n', ''))),
    'runs of the oldest form that overlap': archive({
      ...file('s', '0123456789'),
      type: 'S',
      magic: 'ustar  ',
      over: [
        [386, '00000000000\0' + '00000000005\0' + '00000000001\0' + '00000000005\0'],
        [483, '00000000024'],
      ],
    }),
  },
};

for (const [code, archives] of Object.entries(HOSTILE)) {
  t.test(`refused: ${code}`, async (t) => {
    const folder = t.testdir();
    for (const [name, tar] of Object.entries(archives)) {
      const chunks = new MemoryChunks();
      await t.rejects(taken(tar, folder, chunks), { code, advice: /./ }, name);
      t.notOk(
        [...chunks.kept.values()].some((bytes) => Buffer.from(bytes).includes('snapshot')),
        `${name}: no snapshot`,
      );
    }
  });
}

t.test('files with holes, in each form', async (t) => {
  const folder = t.testdir();
  const wanted = `\0\0ab${'\0'.repeat(10)}cdef\0\0`;
  const forms: readonly (readonly Buffer[])[] = [
    sparse(VERSION_1, mapOf('2\n2\n2\n14\n4\n', 'abcdef'), { path: 'GNUSparseFile.0/s' }),
    sparse(
      [
        ['GNU.sparse.size', '20'],
        ['GNU.sparse.map', '2,2,14,4,20,0'],
      ],
      'abcdef',
    ),
    sparse(
      [
        ['GNU.sparse.size', '20'],
        ...['2', '2', '14', '4'].map(
          (value, at) => [at % 2 ? 'GNU.sparse.numbytes' : 'GNU.sparse.offset', value] as const,
        ),
      ],
      'abcdef',
    ),
    [
      rawMember({
        ...file('s', 'abcdef'),
        type: 'S',
        magic: 'ustar  ',
        over: [
          [386, ['02', '02', '16', '04', '24', '00'].map((digits) => `000000000${digits}\0`).join('')],
          [483, '00000000024'],
        ],
      }),
    ],
  ];
  for (const form of forms) {
    t.strictSame(await contents(archive(...form, file('z', 'after')), folder), { s: wanted, z: 'after' });
    const { root } = await taken(archive(...form), folder);
    t.match(await Array.fromAsync(walkTree(root, new MemoryChunks().fetch)), [{ entry: { hasHoles: true } }]);
  }
});

/** One of everything, for what is done to it. */
const EVERYTHING = archive(
  folderOf('./'),
  pax([
    ['path', `long/${'n'.repeat(120)}`],
    ['mtime', '1.5'],
    ['SCHILY.xattr.user.a', 'v'],
  ]),
  file('x', 'content'),
  { type: 'L', path: '././@LongLink', body: `gnu/${'m'.repeat(120)}\0` },
  file('gnu', 'long'),
  file('large', 'l'.repeat(70_000)),
  link('other', 'large'),
  symlink('s', 'large'),
  {
    path: 'device',
    type: '3',
    over: [
      [329, '0000001'],
      [337, '0000007'],
    ],
  },
  { path: 'fifo', type: '6' },
  ...sparse(VERSION_1, mapOf('2\n2\n2\n14\n4\n', 'abcdef')),
);

t.test('a stream in pieces of any size, and one that ends anywhere', async (t) => {
  const folder = t.testdir();
  const { digest } = await taken(EVERYTHING, folder);
  for (const size of [1, 511, 513, 100_000]) t.same((await taken(EVERYTHING, folder, undefined, size)).digest, digest);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: EVERYTHING.length - END.length + 511 }), async (length) => {
      const code = await codeOf(taken(EVERYTHING.subarray(0, length), folder));
      return code === 'tar_truncated';
    }),
    { numRuns: 60 },
  );
});

t.test('bits that changed on the way', async (t) => {
  const folder = t.testdir();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(EVERYTHING.length * 8 - 1), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (bits, isSummed) => {
        const tar = Buffer.from(EVERYTHING);
        for (const bit of bits) tar[bit >> 3] = (tar[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        if (isSummed) sumAnew(tar, bits);
        const chunks = new MemoryChunks();
        const code = await codeOf(
          taken(tar, folder, chunks).then(({ root }) => Array.fromAsync(exportTar(root, chunks.fetch))),
        );
        return code === null || /^tar_/.test(code);
      },
    ),
    { numRuns: 150 },
  );
});

/** Makes the sums of the headers right again in which a bit has changed, so that more than the sum is seen. */
function sumAnew(tar: Buffer, bits: readonly number[]): void {
  for (const bit of bits) {
    const header = tar.subarray((bit >> 12) * 512, (bit >> 12) * 512 + 512);
    if (header.toString('latin1', 257, 262) !== 'ustar') continue;
    header.fill(' ', 148, 156);
    header.write(
      `${header
        .reduce((total, byte) => total + byte, 0)
        .toString(8)
        .padStart(6, '0')}\0 `,
      148,
      'latin1',
    );
  }
}

async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return (error as { code?: string }).code ?? `${error}`;
  }
}

t.test('no more is taken in than there is room for, and a stream that is refused is closed', async (t) => {
  const folder = t.testdir();
  const whole = archive(file('large', 'x'.repeat(5 * CHUNKER_BLOCK_BYTES)), file('../out'));
  let given = 0;
  let isClosed = false;
  async function* source() {
    try {
      for await (const piece of inPieces(whole, 64 * 1024)) {
        given += piece.length;
        yield piece;
      }
    } finally {
      isClosed = true;
    }
  }
  class Slow extends MemoryChunks {
    asks = 0;
    override async room(): Promise<void> {
      this.asks += 1;
      const before = given;
      await new Promise((resolve) => setImmediate(resolve));
      t.equal(given, before, 'nothing comes while there is no room');
      t.ok(given <= (this.asks + 1) * CHUNKER_BLOCK_BYTES, `${given} bytes after ${this.asks} asks`);
    }
  }
  const chunks = new Slow();
  const shelf = openTarShelf(folder);
  await t.rejects(importTar(source(), { importing: chunks, shelf, makeChunker }), { code: 'tar_path' });
  shelf.close();
  t.equal(chunks.asks, 5);
  t.equal(isClosed, true);
  const full = openTarShelf(folder);
  const failing = {
    chunk: () => {},
    list: () => {},
    room: () => Promise.reject(Object.assign(new Error('full'), { code: 'chunks_full' })),
  };
  await t.rejects(importTar(source(), { importing: failing, shelf: full, makeChunker }), { code: 'chunks_full' });
  full.close();
});

t.test('the same tree is the same archive', async (t) => {
  const folder = t.testdir();
  const chunks = new MemoryChunks();
  const first = await taken(EVERYTHING, folder, chunks);
  const ours = Buffer.concat(await Array.fromAsync(exportTar(first.root, chunks.fetch)));
  t.equal(ours.length % 10_240, 0);
  const second = await taken(ours, folder, chunks);
  t.equal(hex(second.digest), hex(first.digest));
  t.ok(ours.equals(Buffer.concat(await Array.fromAsync(exportTar(second.root, chunks.fetch)))));
});
