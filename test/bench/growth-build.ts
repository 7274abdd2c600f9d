import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { assert } from '../../src/base/assert.ts';
import { SEED_BYTES } from '../../src/format/ed25519.ts';
import { MESH } from '../../src/ledger/mesh/keys.ts';
import { keyFolder, readKey, writeOpenKey } from '../../src/node/key-files.ts';
import type { Space } from '../../src/node/space.ts';
import { ledgerPath } from '../../src/node/space-folder.ts';
import { systemRandomness } from '../../src/node/system.ts';
import { RELEASE } from './bench-space.ts';
import { History, type HistoryShape, HistoryWriter, officeKeyBody } from './growth-history.ts';
import { foundSpace, historyClock, openAt } from './growth-space.ts';

/** Entries admitted in one go before they are folded; the two are timed apart. */
const CHUNK_ENTRIES = 4096;
const BATCH_BLOCKS = 256;
/** What every space has before its history: the root, the console's key and the office's. */
const FOUNDING_ENTRIES = 3;
/** Of whatever else shapes the files: count up when the history itself changes. */
const HISTORY_VERSION = 1;

/** A history of so many entries, built once and kept. */
export interface Built {
  readonly shape: HistoryShape;
  readonly entries: number;
  readonly folder: string;
  readonly bytes: number;
  /** Blocks a second and entries a second on the way from the size before; null where nothing was built. */
  readonly admitRate: number | null;
  readonly foldRate: number | null;
}

interface Pace {
  blocks: number;
  admitMs: number;
  entries: number;
  foldMs: number;
}

/** Where histories are kept: one folder for each set of inputs, so that nothing of another schema is ever measured. */
export function growthFolder(): string {
  const inputs = ['src/store/migrations.ts', 'dapps/membership/dapp.json', 'dapps/door/dapp.json'];
  const hash = createHash('sha256').update(String(HISTORY_VERSION));
  for (const path of inputs) hash.update('\0').update(readFileSync(join(RELEASE, path)));
  return join(RELEASE, 'build/growth', hash.digest('hex').slice(0, 16));
}

/** The history at each of `sizes` (ascending), from what is kept and what is still to be built. */
export async function buildHistory(
  shape: HistoryShape,
  sizes: readonly number[],
  say: (text: string) => void,
): Promise<readonly Built[]> {
  const line = join(growthFolder(), `${shape.members}-members-${shape.perBlock}-a-block`);
  const work = join(line, 'work');
  mkdirSync(line, { recursive: true });
  for (const size of sizes) {
    const done = join(line, String(size));
    if (existsSync(done)) continue;
    await begin(line, work, size, sizes);
    const pace = await growTo(work, shape, size, say);
    rmSync(`${done}.new`, { recursive: true, force: true });
    cpSync(work, `${done}.new`, { recursive: true });
    writeFileSync(join(`${done}.new`, 'pace.json'), JSON.stringify(pace));
    renameSync(`${done}.new`, done);
  }
  return sizes.map((size) => builtAt(join(line, String(size)), shape, size));
}

/** Goes on with what a stopped build left, else with the longest history that is kept, else with a new space. */
async function begin(line: string, work: string, size: number, sizes: readonly number[]): Promise<void> {
  if (existsSync(ledgerPath(work)) && existsSync(officeKeyPath(work))) return;
  rmSync(work, { recursive: true, force: true });
  const shorter = sizes.filter((one) => one < size && existsSync(join(line, String(one)))).at(-1);
  if (shorter !== undefined) {
    cpSync(join(line, String(shorter)), work, { recursive: true });
    return;
  }
  await foundSpace(work);
  writeOpenKey(officeKeyPath(work), systemRandomness.bytes(SEED_BYTES));
}

function officeKeyPath(folder: string): string {
  return join(folder, 'keys/office.json');
}

/** Adds to the history in `folder` until it has `size` entries. */
async function growTo(folder: string, shape: HistoryShape, size: number, say: (text: string) => void): Promise<Pace> {
  const before = await lastTimeMs(folder);
  const space = await openAt(folder, historyClock(before));
  const office = readKey(officeKeyPath(folder));
  const pace: Pace = { blocks: 0, admitMs: 0, entries: 0, foldMs: 0 };
  try {
    await space.fold.settled();
    if (space.blocks.counts().entries < FOUNDING_ENTRIES) {
      await space.command(MESH, 'key.add', officeKeyBody(space, office));
    }
    const history = new History(shape, space);
    assert(size > history.furnishing + FOUNDING_ENTRIES, 'a history is longer than what furnishes its space');
    const writer = new HistoryWriter(space, history, { office, board: readKey(keyFolder(folder).node) });
    for (let at = space.blocks.counts().entries; at < size; at = space.blocks.counts().entries) {
      const to = Math.min(size, at + CHUNK_ENTRIES);
      const blocks = writer.blocks(at - FOUNDING_ENTRIES, to - FOUNDING_ENTRIES, shape.perBlock);
      await take(space, blocks, to - at, pace);
      const refused = space.journal.outcomes(at, CHUNK_ENTRIES).find(({ ok }) => !ok);
      assert(refused === undefined, `the dapps take the history, entry ${refused?.position}: ${refused?.code}`);
      say(`${to} of ${size} entries, ${Math.round((pace.entries * 1000) / (pace.foldMs + pace.admitMs))} a second`);
    }
    return pace;
  } finally {
    await space.close();
  }
}

/** Admits blocks, then folds them. */
async function take(
  space: Space,
  blocks: ReturnType<HistoryWriter['blocks']>,
  entries: number,
  pace: Pace,
): Promise<void> {
  const startMs = performance.now();
  await space.fold.hold(async () => {
    for (let at = 0; at < blocks.length; at += BATCH_BLOCKS) {
      await space.writer.admit(blocks.slice(at, at + BATCH_BLOCKS));
    }
  });
  const admittedMs = performance.now();
  await space.fold.settled();
  pace.blocks += blocks.length;
  pace.entries += entries;
  pace.admitMs += admittedMs - startMs;
  pace.foldMs += performance.now() - admittedMs;
}

/** When the history in `folder` ends: its file was written last then, by its own clock. */
async function lastTimeMs(folder: string): Promise<number> {
  const space = await openAt(folder, historyClock(0));
  try {
    await space.fold.settled();
    const { entries } = space.blocks.counts();
    return space.journal.outcomes(Math.max(0, entries - 1), 1)[0]?.at.wallMs ?? 0;
  } finally {
    await space.close();
  }
}

function builtAt(folder: string, shape: HistoryShape, entries: number): Built {
  const pace = JSON.parse(readFileSync(join(folder, 'pace.json'), 'utf8')) as Pace;
  const { size: bytes } = statSync(ledgerPath(folder));
  const rate = (count: number, ms: number) => (ms > 0 ? (count * 1000) / ms : null);
  return {
    shape,
    entries,
    folder,
    bytes,
    admitRate: rate(pace.blocks, pace.admitMs),
    foldRate: rate(pace.entries, pace.foldMs),
  };
}
