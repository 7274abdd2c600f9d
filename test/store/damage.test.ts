import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CodedError } from '../../src/base/errors.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { faultsOf, openDatabase } from '../../src/store/database.ts';
import { randomOf } from '../node/damage-random.ts';
import { copySpace, makeSpace, withSpace } from '../node/made-space.ts';
import { newFolder } from './open-store.ts';

/**
 * Write-ahead logs that are cut off or spoiled. What SQLite makes of one is the ledger as it was after some earlier
 * commit, or an error: never a mixture.
 */

const WAL_MAIN = join(import.meta.dirname, '../node/damage-wal-main.ts');
const FACTS = 32;
const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;

interface Left {
  readonly folder: string;
  /** The file and its log as the process left them. */
  readonly main: Uint8Array;
  readonly log: Uint8Array;
  readonly frameBytes: number;
  /** Ids of all blocks, the first first. */
  readonly blocks: readonly string[];
}

/** A space whose process has ended without closing it. */
async function leave(t: Test): Promise<Left> {
  const { folder } = await makeSpace(t);
  await withSpace(folder, async (space) => {
    await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
  });
  const { status, stderr } = spawnSync(process.execPath, [WAL_MAIN, folder, String(FACTS)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the writer failed: ${stderr}`);
  const path = ledgerPath(folder);
  const [main, log] = [readFileSync(path), readFileSync(`${path}-wal`)];
  const frameBytes = FRAME_HEADER_BYTES + log.readUInt32BE(8);
  const blocks = blocksOf(copySpace(t, folder));
  return { folder, main, log, frameBytes, blocks };
}

function blocksOf(folder: string): readonly string[] {
  const database = openDatabase({ path: ledgerPath(folder), mayCreate: false });
  try {
    return idsIn(new BlockReader(database));
  } finally {
    database.close();
  }
}

function idsIn(reader: BlockReader): readonly string[] {
  const ids: string[] = [];
  for (;;) {
    const page = reader.after(ids.length, 256);
    ids.push(...page.map(({ id }) => id));
    if (page.length < 256) return ids;
  }
}

const left = leave(t);

/** In memory where there is such a place: nothing here is about what a sync costs. */
function fastFolder(t: Test): string {
  if (!existsSync('/dev/shm')) return newFolder(t);
  const folder = mkdtempSync('/dev/shm/bm-');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens file and log with SQLite's own checks. @returns the ids of its blocks, or the code with which it is refused. */
function opened(folder: string, main: Uint8Array, log: Uint8Array): readonly string[] | string {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const path = ledgerPath(folder);
  writeFileSync(path, main);
  writeFileSync(`${path}-wal`, log);
  try {
    const database = openDatabase({ path, mayCreate: false });
    try {
      const faults = faultsOf(database);
      if (faults.length > 0) return `faults: ${faults[0]}`;
      return idsIn(new BlockReader(database));
    } finally {
      database.close();
    }
  } catch (error) {
    if (!(error instanceof CodedError) || error.advice === undefined) throw error;
    return error.code;
  }
}

t.test('a log cut at every frame, and inside: an earlier ledger', async (t) => {
  const { main, log, frameBytes, blocks } = await left;
  const frames = Math.floor((log.length - HEADER_BYTES) / frameBytes);
  t.ok(frames > FACTS, `${frames} frames for ${blocks.length} blocks`);
  const folder = join(fastFolder(t), 'cut');
  const random = randomOf(1);
  let before = 0;
  const faults: string[] = [];
  const lengths = [0, 1, HEADER_BYTES - 1];
  for (let frame = 0; frame <= frames; frame += 1) {
    const start = HEADER_BYTES + frame * frameBytes;
    lengths.push(start, start + 1 + random(FRAME_HEADER_BYTES - 1), start + 1 + random(frameBytes - 1));
  }
  for (const length of lengths.filter((one) => one <= log.length)) {
    const found = opened(folder, main, log.subarray(0, length));
    if (typeof found === 'string') faults.push(`${length}: ${found}`);
    else {
      if (found.some((id, at) => id !== blocks[at])) faults.push(`${length}: other blocks`);
      if (found.length < before) faults.push(`${length}: ${found.length} blocks, ${before} with less of the log`);
      before = found.length;
    }
  }
  t.same(faults, []);
  t.equal(before, blocks.length, 'the whole log gives all');
});

t.test('a spoiled log: an earlier ledger, or an error', async (t) => {
  const { main, log, blocks } = await left;
  const folder = join(fastFolder(t), 'spoiled');
  const random = randomOf(2);
  const faults: string[] = [];
  let shorter = 0;
  for (let turn = 0; turn < 200; turn += 1) {
    const spoiled = Buffer.from(log);
    const at = turn < HEADER_BYTES ? turn : random(log.length);
    spoiled[at] = (spoiled[at] ?? 0) ^ (1 << random(8));
    const found = opened(folder, main, spoiled);
    if (typeof found === 'string') {
      if (!found.startsWith('store_')) faults.push(`${at}: ${found}`);
      continue;
    }
    if (found.some((id, place) => id !== blocks[place])) faults.push(`${at}: other blocks`);
    if (found.length < blocks.length) shorter += 1;
  }
  t.same(faults, []);
  t.ok(shorter > 0, `${shorter} of 200 gave an earlier ledger`);
});

t.test('what an earlier ledger answers is what was so then', async (t) => {
  const { folder, log, frameBytes, blocks } = await left;
  const random = randomOf(3);
  for (let turn = 0; turn < 6; turn += 1) {
    const copy = copySpace(t, folder);
    const frames = Math.floor((log.length - HEADER_BYTES) / frameBytes);
    const length = HEADER_BYTES + random(frames) * frameBytes + (turn % 2) * random(frameBytes);
    writeFileSync(`${ledgerPath(copy)}-wal`, log.subarray(0, length));
    const isShort = blocksOf(copySpace(t, copy)).length < blocks.length;
    if (isShort) {
      await t.rejects(
        withSpace(copy, async () => {}),
        { code: 'store_damaged', fields: { part: 'blocks' }, advice: /repair|backup/ },
        'acknowledged blocks are gone, and the board knows it had them',
      );
    }
    // As for whoever has nothing but these two files.
    rmSync(join(copy, 'last-block'));
    await withSpace(copy, async (space) => {
      const { findings, blocks } = await verifySpace(space, () => {});
      t.same(findings, [], `verify is clean with ${length} bytes of the log, ${blocks} blocks`);
    });
  }
});

t.test('a checkpoint that was torn, its log gone: found, whatever the pages', async (t) => {
  const { folder } = await left;
  const whole = copySpace(t, folder);
  await withSpace(whole, async () => {});
  const after = readFileSync(ledgerPath(whole));
  t.notOk(existsSync(`${ledgerPath(whole)}-wal`), 'closed, the log is in the file');
  const { main } = await left;
  const random = randomOf(4);
  const pageBytes = 4096;
  const ends: string[] = [];
  for (let turn = 0; turn < 12; turn += 1) {
    const copy = copySpace(t, whole);
    const torn = Buffer.from(after);
    // Each page as it was before, or as it should be.
    for (let at = 0; at < Math.min(main.length, after.length); at += pageBytes) {
      if (random(4) === 0) torn.set(main.subarray(at, at + pageBytes), at);
    }
    if (torn.equals(after)) continue;
    writeFileSync(ledgerPath(copy), torn);
    try {
      await withSpace(copy, async (space) => {
        const { findings } = await verifySpace(space, () => {});
        ends.push(findings.length > 0 ? 'verify' : 'unnoticed');
      });
    } catch (error) {
      ends.push(error instanceof CodedError && error.advice !== undefined ? 'refused' : `uncoded ${String(error)}`);
    }
  }
  t.same(
    ends.filter((end) => end !== 'verify' && end !== 'refused'),
    [],
    ends.join(' '),
  );
});

t.test('a file cut short is refused or found', async (t) => {
  const { folder } = await left;
  const whole = copySpace(t, folder);
  await withSpace(whole, async () => {});
  const after = readFileSync(ledgerPath(whole));
  for (const length of [0, 1, 100, 4095, 4096, 8192, after.length - 4096, after.length - 1]) {
    const copy = join(newFolder(t), 'space');
    cpSync(whole, copy, { recursive: true });
    writeFileSync(ledgerPath(copy), after.subarray(0, length));
    await t.rejects(
      withSpace(copy, async (space) => {
        const { findings } = await verifySpace(space, () => {});
        if (findings.length > 0) throw new CodedError('found', 'verify found it', { advice: 'as it says' });
      }),
      { name: 'CodedError', code: /^(store_|found)/, advice: /./ },
      `${length} of ${after.length} bytes`,
    );
  }
});
