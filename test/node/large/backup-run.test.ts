import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { findRun, runsOf } from '../../../src/node/large/backup-history.ts';
import { isDue, letGoOfRuns, runBackup, spareRuns } from '../../../src/node/large/backup-run.ts';
import type { BackupSet } from '../../../src/node/large/backup-set.ts';
import type { Chunks } from '../../../src/store/chunks/store.ts';
import { newChunks } from '../../store/chunks/open-chunks.ts';
import { newFolder } from '../../store/open-store.ts';

const DAY_MS = 24 * 3_600_000;

function setIn(t: Test, folders = 1): BackupSet {
  const folder = newFolder(t);
  const all = Array.from({ length: folders }, (_, index) => join(folder, `f${index + 1}`));
  for (const [index, path] of all.entries()) {
    mkdirSync(path);
    writeFileSync(join(path, 'file'), `in ${index + 1}`);
  }
  const keep = { last: 1, daily: 0, weekly: 0, monthly: 0 };
  return { name: 'home', folders: all, exclude: [], isOneFilesystem: false, everyMs: DAY_MS, keep };
}

/** A run while the clock on the wall says so. */
async function runAt(t: Test, store: Chunks, set: BackupSet, ms: number): Promise<void> {
  const shown = t.capture(Date, 'now', () => ms);
  await runBackup(store, set, { signal: new AbortController().signal, onProgress: () => {} });
  shown.restore();
}

t.test('what was made last is the last one, whatever the clock said', async (t) => {
  const store = newChunks(t);
  const set = setIn(t);
  const now = Date.UTC(2026, 10, 24, 12);
  await runAt(t, store, set, now + 1000 * DAY_MS);
  await runAt(t, store, set, now);
  t.match(runsOf(store, 'home'), [
    { ms: now, number: 2 },
    { ms: now + 1000 * DAY_MS, number: 1 },
  ]);
  t.match(findRun(store, 'home', null), { ms: now });
  t.equal(isDue(store, set, now + DAY_MS / 2), false, 'nor does one of the future make every timer run');
  t.equal(isDue(store, set, now + DAY_MS), true);
  const spare = spareRuns(store, set);
  t.match(spare, [{ ms: now + 1000 * DAY_MS }], 'the one just made is not what goes');
  letGoOfRuns(store, spare, { least: 0, isDryRun: false });
  await runAt(t, store, set, now - DAY_MS);
  t.match(runsOf(store, 'home'), [
    { ms: now - DAY_MS, number: 3 },
    { ms: now, number: 2 },
  ]);
});

t.test('two runs of one second have names of their own', async (t) => {
  const store = newChunks(t);
  const set = setIn(t);
  const now = Date.UTC(2026, 10, 24, 12);
  const both = t.capture(Date, 'now', () => now);
  const run = () => runBackup(store, set, { signal: new AbortController().signal, onProgress: () => {} });
  await Promise.all([run(), run()]);
  both.restore();
  t.match(runsOf(store, 'home'), [
    { ms: now + 1000, number: 2 },
    { ms: now, number: 1 },
  ]);
});

t.test('of ten folders and more, each is in its place', async (t) => {
  const store = newChunks(t);
  const set = setIn(t, 12);
  await runAt(t, store, set, Date.UTC(2026, 10, 24));
  const [run] = runsOf(store, 'home');
  t.strictSame(
    run?.parts.map(({ place, about }) => [place, about.source]),
    set.folders.map((folder, index) => [index + 1, folder]),
  );
});
