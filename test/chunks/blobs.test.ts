import fc from 'fast-check';
import t from 'tap';
import { BLOB_BYTES_MAX, LIST_PARTS_MAX, LIST_PARTS_MIN } from '../../src/base/limits-chunks.ts';
import { blobIdOf, blobIdText, parseBlobId } from '../../src/chunks/blob-id.ts';
import { chunksOfBlob, type Fetch, openBlob, readBlob } from '../../src/chunks/blob-reader.ts';
import { decodeList, encodeList, type Part } from '../../src/chunks/list.ts';
import { type BlobRoot, ListWriter } from '../../src/chunks/list-writer.ts';
import { encodeValue } from '../../src/format/codec.ts';
import { sha256 } from '../../src/format/ids.ts';
import { seeded } from '../node/seeded.ts';

/** Blobs of small chunks, kept in memory. */
class Shelf {
  readonly kept = new Map<string, Uint8Array>();
  lists = 0;
  asked = 0;

  readonly fetch: Fetch = async (digest) => {
    this.asked += 1;
    return this.kept.get(hex(digest)) ?? null;
  };

  put(bytes: Uint8Array): Part {
    const digest = sha256(bytes);
    this.kept.set(hex(digest), bytes);
    return { digest, length: bytes.length };
  }

  blob(chunks: Iterable<Uint8Array>): BlobRoot | null {
    const writer = new ListWriter((digest, bytes) => {
      this.lists += 1;
      this.kept.set(hex(digest), bytes);
    });
    for (const chunk of chunks) writer.add(this.put(chunk));
    return writer.end();
  }
}

function hex(digest: Uint8Array): string {
  return Buffer.from(digest).toString('hex');
}

function* numbered(count: number): Generator<Uint8Array> {
  for (let at = 0; at < count; at += 1) yield Buffer.from(`chunk ${at};`);
}

async function joined(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(parts));
}

t.test('a blob is what was put, from its id alone', async (t) => {
  const counts = [0, 1, 2, LIST_PARTS_MIN - 1, LIST_PARTS_MIN, LIST_PARTS_MIN + 1, 1000, 40_000];
  for (const count of counts) {
    const shelf = new Shelf();
    const made = shelf.blob(numbered(count));
    if (made === null) shelf.put(new Uint8Array());
    const text = blobIdText(blobIdOf(made));
    t.match(text, count < 2 ? /^bafkrei/ : /^bafyrei/);
    const root = await openBlob(parseBlobId(text), shelf.fetch);
    t.strictSame(root, made, `${count} chunks: height ${made?.height}`);
    const whole = Buffer.concat([...numbered(count)]);
    if (root === null) t.equal(count, 0);
    else t.ok(whole.equals(await joined(readBlob(root, { from: 0, to: root.length }, shelf.fetch))));
  }
});

t.test('a range is read without the rest', async (t) => {
  const shelf = new Shelf();
  const root = shelf.blob(numbered(40_000));
  const whole = Buffer.concat([...numbered(40_000)]);
  if (root === null) throw new Error('no root');
  const random = seeded(11);
  for (let turn = 0; turn < 50; turn += 1) {
    const from = random(whole.length);
    const to = Math.min(whole.length, from + random(turn === 0 ? 1 : 300));
    shelf.asked = 0;
    t.ok(whole.subarray(from, to).equals(await joined(readBlob(root, { from, to }, shelf.fetch))), `${from} to ${to}`);
    // Of each height the lists at both ends, and the chunks themselves.
    t.ok(shelf.asked <= 2 * root.height + 2 + (to - from) / 8, `${shelf.asked} asked for`);
  }
  const places = await Array.fromAsync(chunksOfBlob(root, { from: 0, to: root.length }, shelf.fetch));
  t.equal(places.length, 40_000);
  t.equal(places.at(-1)?.offset, whole.length - (places.at(-1)?.length ?? 0));
});

t.test('a chunk more, fewer or other changes one list of each height', async (t) => {
  const shelf = new Shelf();
  const chunks = [...numbered(40_000)];
  const root = shelf.blob(chunks);
  for (const at of [0, 1, 20_000, 39_999]) {
    for (const middle of [[], [Buffer.from('other')], [Buffer.from('one'), Buffer.from('two')]]) {
      const before = new Set(shelf.kept.keys());
      const other = shelf.blob([...chunks.slice(0, at), ...middle, ...chunks.slice(at + 1)]);
      const fresh = [...shelf.kept.keys()].filter((key) => !before.has(key)).length - middle.length;
      t.notSame(other?.digest, root?.digest);
      t.ok(fresh <= 3 * (root?.height ?? 0), `${fresh} lists of ${shelf.lists} are new`);
    }
  }
});

t.test('lists keep their bounds, however alike their parts are', async (t) => {
  for (const ending of [0x00, 0x01]) {
    const sizes: number[] = [];
    const writer = new ListWriter((_, bytes) => sizes.push(decodeList(bytes, null).parts.length));
    const digest = new Uint8Array(32).fill(ending);
    for (let count = 0; count < 10_000; count += 1) writer.add({ digest, length: 7 });
    t.equal(writer.end()?.length, 70_000);
    t.equal(sizes[0], ending === 0 ? LIST_PARTS_MIN : LIST_PARTS_MAX);
  }
});

t.test('a blob is not longer than its readers take', (t) => {
  const writer = new ListWriter(() => undefined);
  const digest = new Uint8Array(32);
  writer.add({ digest, length: BLOB_BYTES_MAX });
  t.throws(() => writer.add({ digest, length: 1 }), { code: 'blob_long' });
  t.end();
});

t.test('lists that lie', async (t) => {
  const part = (length: number): Part => ({ digest: new Uint8Array(32), length });
  const good = { height: 1, parts: [part(5), part(6)] };
  t.strictSame(decodeList(encodeList(good), { height: 1, length: 11, isTop: true }), good);
  const refused = (bytes: Uint8Array, wanted: Parameters<typeof decodeList>[1] = null) =>
    t.throws(() => decodeList(bytes, wanted), { code: /^(list_form|cbor_)/ });
  refused(encodeList(good), { height: 1, length: 12, isTop: false });
  refused(encodeList(good), { height: 2, length: 11, isTop: false });
  refused(encodeList({ height: 0, parts: good.parts }));
  refused(encodeList({ height: 9, parts: good.parts }));
  refused(encodeList({ height: 1, parts: [] }));
  refused(encodeList({ height: 1, parts: [part(5)] }));
  refused(encodeList({ height: 1, parts: [part(5), part(0)] }));
  refused(encodeList({ height: 1, parts: [part(5), part(256 * 1024 + 1)] }));
  refused(encodeList({ height: 2, parts: [part(2 ** 40), part(1)] }));
  refused(encodeList({ height: 1, parts: Array.from({ length: LIST_PARTS_MAX + 1 }, () => part(1)) }));
  refused(encodeValue({ height: 1, lengths: [5, 6], parts: new Uint8Array(63) }));
  refused(encodeValue({ height: 1, lengths: [5, 6], parts: new Uint8Array(64), more: 1 }));
  refused(encodeValue({ height: 1, lengths: ['5', 6], parts: new Uint8Array(64) }));
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeList(bytes, null);
      } catch (error) {
        return /^(list_form|cbor_)/.test((error as { code?: string }).code ?? '');
      }
      return true;
    }),
  );
});

t.test('chunks that are not there, or not what their name says', async (t) => {
  const shelf = new Shelf();
  const root = shelf.blob(numbered(1000));
  if (root === null) throw new Error('no root');
  const all = { from: 0, to: root.length };
  const [key] = [...shelf.kept.keys()].slice(500);
  const bytes = shelf.kept.get(key ?? '') ?? new Uint8Array();
  shelf.kept.delete(key ?? '');
  await t.rejects(joined(readBlob(root, all, shelf.fetch)), { code: 'chunk_missing', fields: { digest: key ?? '' } });
  shelf.kept.set(key ?? '', Buffer.concat([bytes, Buffer.from('x')]));
  await t.rejects(joined(readBlob(root, all, shelf.fetch)), { code: 'chunk_rotten' });
  const lie = { ...root, length: root.length + 1 };
  await t.rejects(joined(readBlob(lie, { from: 0, to: lie.length }, shelf.fetch)), { code: 'list_form' });
  const { digest } = shelf.put(
    encodeList({ height: 1, parts: [shelf.put(Buffer.from('ab')), { ...shelf.put(Buffer.from('cd')), length: 3 }] }),
  );
  await t.rejects(joined(readBlob({ digest, height: 1, length: 5 }, { from: 0, to: 5 }, shelf.fetch)), {
    code: 'list_form',
  });
});

t.test('ids that are none', async (t) => {
  const id = blobIdText(blobIdOf(null));
  t.equal(id, 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku');
  for (const text of ['', 'x', id.toUpperCase(), `${id}a`, 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG']) {
    t.throws(() => parseBlobId(text), { code: 'bad_blob_id' }, text);
  }
});
