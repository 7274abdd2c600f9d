import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { codeOf } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { EXPORT_RECORD_BYTES_MAX, IMPORT_BATCH_BLOCKS_MAX } from '../../src/base/limits.ts';
import { encodeValue } from '../../src/format/codec.ts';
import { idText } from '../../src/format/ids.ts';
import type { SealedBlock } from '../../src/format/sealed.ts';
import { arrivalBefore, arrivalOf, exportBlocks } from '../../src/node/export.ts';
import { exportEnd, exportHeader, exportRecord } from '../../src/node/export-format.ts';
import { importBlocks } from '../../src/node/import.ts';
import type { Space } from '../../src/node/space.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { newFolder } from '../store/open-store.ts';
import { copySpace, makeSpace, withSpace } from './made-space.ts';

/** More than one batch, and not a multiple of it. */
const BLOCKS = IMPORT_BATCH_BLOCKS_MAX + 9;
const silent = () => {};

function recovered(pulse: string): JsonObject {
  return { pulse, output: 'strike-1', onNs: '1', offNs: '2', end: 'due' };
}

const { folder: here, mesh } = await makeSpace(t);
/** The space as it was before the blocks that are exported. */
const there = copySpace(t, here);
const shelf = newFolder(t);
const whole = join(shelf, 'whole.blocks');
const blocks: SealedBlock[] = [];
let shared = 0;

await withSpace(here, async (space) => {
  shared = space.blocks.counts().blocks;
  await space.command('membership', 'member.add', { member: 'm-1', name: 'Ada' });
  for (let fact = 1; fact < BLOCKS; fact += 1) await space.appendFact('mesh', 'recovered', recovered(`p${fact}`));
  await space.fold.settled();
  for (let arrival = 0; arrival < shared + BLOCKS; ) {
    const page = space.blocks.after(arrival, 200);
    blocks.push(...page);
    arrival = page.at(-1)?.arrival ?? Number.POSITIVE_INFINITY;
  }
  await exportBlocks(space, { target: whole, mayReplace: false, after: 0, progress: silent });
});
const bytes = readFileSync(whole);

/** A file of these blocks as `exportBlocks` writes it, or with other parts. */
function fileOf(records: readonly Uint8Array[], head = exportHeader(mesh), end?: Uint8Array): Buffer {
  const body = Buffer.concat([head, ...records, end ?? exportEnd(records.length)]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** The records of `some` of the blocks. */
const recordsOf = (some: readonly SealedBlock[]) => some.map(exportRecord);

/** What reading `content` ends with, and how many blocks are here then. */
async function outcome(space: Space, content: Uint8Array): Promise<string> {
  const path = join(shelf, 'tried.blocks');
  writeFileSync(path, content);
  try {
    await importBlocks(space, path, silent);
    return 'done';
  } catch (error) {
    return codeOf(error) ?? String(error);
  }
}

t.test('the file is as its format says', async (t) => {
  t.ok(bytes.equals(fileOf(recordsOf(blocks))), 'header, records, end and digest, all by hand');
  t.notOk(existsSync(`${whole}.partial`));
});

t.test('blocks come in once; a second time changes nothing', async (t) => {
  await withSpace(copySpace(t, there), async (space) => {
    const steps: number[] = [];
    const result = await importBlocks(space, whole, (_stage, done) => steps.push(done));
    t.strictSame(result, { blocks: shared + BLOCKS, taken: BLOCKS });
    t.ok(steps.length >= 2 && steps.every((step, at) => at === 0 || step > (steps[at - 1] ?? 0)), 'progress is told');
    await space.fold.settled();
    t.match(space.state.read('membership', 'member/m-1'), { name: 'Ada' });
    t.strictSame(await importBlocks(space, whole, silent), { blocks: shared + BLOCKS, taken: 0 });
    t.equal(space.blocks.counts().blocks, shared + BLOCKS);
    t.strictSame((await verifySpace(space, silent)).findings, []);
  });
});

t.test('only what came after a block or a time', async (t) => {
  await withSpace(here, async (space) => {
    const target = join(shelf, 'later.blocks');
    const middle = blocks[shared + 99];
    const id = space.blocks.after(shared + 99, 1)[0]?.id ?? '';
    t.equal(arrivalOf(space, id), shared + 100);
    t.throws(() => arrivalOf(space, '00'.repeat(32)), { code: 'block_unknown' });
    const after = arrivalOf(space, id);
    t.match(await exportBlocks(space, { target, mayReplace: false, after, progress: silent }), {
      blocks: BLOCKS - 100,
    });
    t.ok(readFileSync(target).equals(fileOf(recordsOf(blocks.slice(after)))));
    t.ok(middle);
    await t.rejects(exportBlocks(space, { target, mayReplace: false, after: 0, progress: silent }), {
      code: 'backup_exists',
    });
    const onto = (path: string) => exportBlocks(space, { target: path, mayReplace: true, after: 0, progress: silent });
    await t.rejects(onto(join(space.folder, 'ledger.db')), { code: 'replace_foreign' }, 'never onto the ledger');
    t.match(await onto(target), { blocks: space.blocks.counts().blocks }, 'nor onto anything but an export');
    await exportBlocks(space, { target, mayReplace: true, after, progress: silent });
    const last = space.journal.outcomes(shared + 49, 1)[0];
    const ms = last?.at.wallMs ?? 0;
    const first = arrivalBefore(space, ms);
    const played = space.journal.outcomes(0, 10_000).filter(({ at }) => at.wallMs >= ms);
    t.equal(first, Math.min(...played.map(({ arrival }) => arrival)) - 1, 'the first that was played then or later');
    t.equal(arrivalBefore(space, 0), 0);
    t.equal(arrivalBefore(space, Number.MAX_SAFE_INTEGER), space.blocks.counts().blocks);
    await withSpace(copySpace(t, there), async (other) => {
      t.match(await importBlocks(other, whole, silent), { taken: BLOCKS });
      t.match(await importBlocks(other, target, silent), { taken: 0, blocks: BLOCKS - 100 });
    });
  });
});

t.test('what was taken before a fault stays, and a sound file goes on from there', async (t) => {
  const at = shared + 100;
  const path = join(shelf, 'cut.blocks');
  const head = bytes.subarray(0, fileOf(recordsOf(blocks.slice(0, at))).length - 44);
  writeFileSync(path, Buffer.concat([head, bytes.subarray(head.length, head.length + 50)]));
  await withSpace(copySpace(t, there), async (space) => {
    const error: unknown = await importBlocks(space, path, silent).catch((cause: unknown) => cause);
    t.match(error, { code: 'export_truncated', fields: { block: at, taken: 100 } });
    t.match((error as { advice: string }).advice, /100 new blocks/);
    t.equal(space.blocks.counts().blocks, shared + 100);
    t.strictSame(await importBlocks(space, whole, silent), { blocks: shared + BLOCKS, taken: BLOCKS - 100 });
  });
});

t.test(
  'a file that is none, or not of this mesh, or hostile: a coded error, and nothing accepted is lost',
  async (t) => {
    const { mesh: otherMesh } = await makeSpace(t);
    const records = recordsOf(blocks);
    const one = (value: unknown) => {
      const record = encodeValue(value);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(record.length);
      return Buffer.concat([length, record]);
    };
    const flipped = (block: SealedBlock) => ({
      ...block,
      signature: block.signature.with(3, (block.signature[3] ?? 0) ^ 1),
    });
    const length = (value: number) => {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(value);
      return word;
    };
    const late = blocks[shared + 3] as SealedBlock;
    const cases: Readonly<Record<string, readonly [string, Uint8Array]>> = {
      // While they are still unknown here.
      'an orphan': ['block_parent', fileOf(recordsOf([late]))],
      'the wrong order': ['block_parent', fileOf(recordsOf([...blocks].reverse()))],
      nothing: ['export_foreign', Buffer.alloc(0)],
      'another format': ['export_foreign', Buffer.from('BMBACKUP'.padEnd(200, '\0'))],
      'another version': ['export_version', bytes.with(8, 2)],
      'another mesh': ['export_mesh', fileOf([], exportHeader(otherMesh))],
      'a header alone': ['export_truncated', exportHeader(mesh)],
      'no end': ['export_truncated', Buffer.concat([exportHeader(mesh), ...records])],
      'no digest': ['export_truncated', bytes.subarray(0, -32)],
      'another digest': ['export_checksum', bytes.with(bytes.length - 1, (bytes.at(-1) ?? 0) ^ 1)],
      'another count': ['export_checksum', fileOf(records, exportHeader(mesh), exportEnd(records.length + 1))],
      'a count beyond all': [
        'export_checksum',
        fileOf(records, exportHeader(mesh), Buffer.from('00000000ffffffffffffffff', 'hex')),
      ],
      'something behind its end': ['export_form', Buffer.concat([bytes, Buffer.from([0])])],
      'a record longer than the cap': [
        'export_form',
        Buffer.concat([exportHeader(mesh), length(EXPORT_RECORD_BYTES_MAX + 1), bytes]),
      ],
      'the longest length there is': ['export_form', Buffer.concat([exportHeader(mesh), length(0xffffffff), bytes])],
      'a long record that is not there': [
        'export_truncated',
        Buffer.concat([exportHeader(mesh), length(EXPORT_RECORD_BYTES_MAX)]),
      ],
      'a record that is no list': ['export_form', fileOf([one({ a: 1 })])],
      'a record of two': ['export_form', fileOf([one([late.bytes, late.signature])])],
      'a body that is text': ['export_form', fileOf([one([late.bytes, late.signature, ['text']])])],
      'a body of one': ['export_form', fileOf([one([late.bytes, late.signature, [[new Uint8Array(16)]]])])],
      'a record in another form': [
        'cbor_truncated',
        fileOf([Buffer.concat([length(3), Buffer.from([0x83, 0x41, 0x00])])]),
      ],
      'a signature that is none': [
        'block_signature',
        fileOf(recordsOf(blocks.map((block, at) => (at === shared + 20 ? flipped(block) : block)))),
      ],
      'a body gone': [
        'body_missing',
        fileOf(recordsOf(blocks.map((block, at) => (at === shared + 20 ? { ...block, bodies: [null] } : block)))),
      ],
      'a body too few': [
        'body_missing',
        fileOf(recordsOf(blocks.map((block, at) => (at === shared + 20 ? { ...block, bodies: [] } : block)))),
      ],
    };
    await withSpace(copySpace(t, there), async (space) => {
      for (const [name, [code, content]] of Object.entries(cases)) t.equal(await outcome(space, content), code, name);
      const path = join(shelf, 'pipe');
      t.equal(spawnSync('mkfifo', [path]).status, 0);
      await t.rejects(importBlocks(space, path, silent), { code: 'export_foreign' }, 'a pipe to which nobody writes');
      await t.rejects(importBlocks(space, '/dev/zero', silent), { code: 'export_foreign' }, 'a device without end');
      await t.rejects(importBlocks(space, shelf, silent), { code: /export_foreign|file_unreadable/ }, 'a folder');
      await t.rejects(importBlocks(space, join(shelf, 'none'), silent), { code: 'file_missing' });
      await space.fold.settled();
      t.strictSame((await verifySpace(space, silent)).findings, [], 'what came in is sound');
      t.strictSame(await importBlocks(space, whole, silent).then(({ blocks: count }) => count), shared + BLOCKS);
      t.equal(space.blocks.counts().blocks, shared + BLOCKS, 'and the sound file makes it whole');
    });
  },
);

t.test('bytes flipped, cut and doubled anywhere: a coded error or the very same blocks', async (t) => {
  const few = fileOf(recordsOf(blocks.slice(0, shared + 3)));
  await withSpace(copySpace(t, there), async (space) => {
    const settle = async (name: string, content: Uint8Array) => {
      const code = await outcome(space, content);
      if (!/^(export|cbor|block|body)_/.test(code)) throw new Error(`${name}: ${code}`);
      const { blocks: count } = space.blocks.counts();
      if (count < shared || count > shared + 3) throw new Error(`${name}: ${count} blocks`);
    };
    const at = fc.nat(few.length - 1);
    await fc.assert(
      fc.asyncProperty(at, fc.integer({ min: 1, max: 255 }), (where, by) =>
        settle(`byte ${where} ^ ${by}`, few.with(where, (few[where] ?? 0) ^ by)),
      ),
      { numRuns: 150 },
    );
    await fc.assert(
      fc.asyncProperty(at, (where) => settle(`cut at ${where}`, few.subarray(0, where))),
      { numRuns: 60 },
    );
    await fc.assert(
      fc.asyncProperty(at, at, (a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a + 1];
        return settle(`${from} to ${to} twice`, Buffer.concat([few.subarray(0, to), few.subarray(from)]));
      }),
      { numRuns: 60 },
    );
    t.equal(await outcome(space, few), 'done');
    t.strictSame((await verifySpace(space, silent)).findings, []);
    t.same(
      readdirSync(shelf).filter((name) => name.endsWith('.partial')),
      [],
    );
    t.match(idText(space.mesh), /^bafy/);
  });
});
