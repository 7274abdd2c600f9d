import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { CHUNK_BYTES_MAX } from '../../src/base/limits-chunks.ts';
import { parseSize } from '../../src/node/large/size.ts';
import { ownStore } from './large-scene.ts';
import { PLACES, type Watched } from './watched.ts';

/** Commands that are stopped in their midst, as a person does it and as a program does. */

/** What a rerun is to find; behind it lies a hole that takes longer than anybody waits. */
const FILES = 20;
const FILE_BYTES = 1_000_000;
const ALL_BYTES = FILES * FILE_BYTES;
const HOLE_BYTES = 64 * 2 ** 30;
/** So much is stored in a moment, and takes a while to be laid out again. */
const SMALL_HOLE_BYTES = 2 ** 30;
/** Folders with a hole each: how far a snapshot is, is told from folder to folder. */
const HOLE_FOLDERS = 1024;
const FOLDER_HOLE_BYTES = 2 ** 30;

/** How far it said that it was: `blob put: 12.3 MB of …`, or a line of JSON. */
function bytesSaid(said: string): number {
  const shown = [...said.matchAll(/\r[a-z ]+: ([\d.]+ [kMG]?B)\b/g)].at(-1)?.[1];
  const told = [...said.matchAll(/"progress":\{"what":"[a-z ]+","bytes":(\d+)/g)].at(-1)?.[1];
  return shown === undefined ? Number(told ?? 0) : parseSize(shown);
}

async function cut(t: Test, watched: Watched, place: string): Promise<void> {
  // More than what is behind the first pieces: these lie in the store, or in the folder.
  await watched.until((said) => bytesSaid(said) > ALL_BYTES + FILE_BYTES);
  watched.interrupt();
  t.equal(await watched.exited, 1, watched.said().slice(-2000));
  if (place === 'without one') {
    const lines = watched.said().trim().split('\n');
    const { error } = JSON.parse(lines.pop() ?? '');
    t.match(error, { code: 'interrupted', advice: /again/ });
    for (const line of lines) {
      t.match(JSON.parse(line), { progress: { what: String, bytes: Number, bytesPerSecond: Number } });
    }
  } else {
    t.ok(watched.said().includes('\r\x1b[K'), 'the line that rewrote itself is gone');
    t.match(watched.said(), /blockmesh: stopped before the end, as it was told \[interrupted\]/);
  }
}

function tree(at: (name: string) => string): void {
  mkdirSync(at('tree/a'), { recursive: true });
  for (let index = 0; index < FILES; index += 1) writeFileSync(at(`tree/a/${index}`), randomBytes(FILE_BYTES));
}

function hole(path: string, bytes: number): void {
  writeFileSync(path, '');
  truncateSync(path, bytes);
}

for (const [place, start] of Object.entries(PLACES)) {
  t.test(`a put that is stopped ${place} keeps no name, and goes on the next time`, async (t) => {
    const { folder, at, run, json, words } = ownStore(t);
    const bytes = randomBytes(ALL_BYTES);
    writeFileSync(at('disk.img'), bytes);
    truncateSync(at('disk.img'), HOLE_BYTES);
    const watched = start(t, words('blob', 'put', 'disk.img'), folder);
    await cut(t, watched, place);
    if (place === 'on a terminal') t.match(watched.said(), / MB of 68\.7 GB, [\d.]+ [kMG]?B\/s, [\dhmins ]+ left/);
    else t.match(watched.said(), /"total":68719476736,"bytesPerSecond":\d+,"secondsLeft":\d+/);
    t.match(json('blob', 'ls'), []);
    t.match(json('store', 'stat'), { leases: 0, rawBytes: Number });
    writeFileSync(at('disk.img'), bytes);
    const { newBytes } = json('blob', 'put', 'disk.img');
    t.ok(newBytes <= 2 * CHUNK_BYTES_MAX, `${newBytes} bytes were left to store: the end, and the list of it all`);
    t.equal(run('blob', 'verify').status, 0);
  });

  t.test(`a snapshot that is stopped ${place} keeps no name, and goes on the next time`, async (t) => {
    const { folder, at, run, json, words } = ownStore(t);
    tree(at);
    for (let index = 0; index < HOLE_FOLDERS; index += 1) {
      mkdirSync(at(`tree/z${index}`));
      hole(at(`tree/z${index}/hole`), FOLDER_HOLE_BYTES);
    }
    const watched = start(t, words('snapshot', 'create', 'tree', '--name', 'tree'), folder);
    await cut(t, watched, place);
    if (place === 'on a terminal') t.match(watched.said(), /snapshot: [\d.]+ MB, \d+ files, [\d.]+ [kMG]?B\/s/);
    t.match(json('snapshot', 'list'), []);
    t.match(json('store', 'stat'), { leases: 0 });
    for (let index = 0; index < HOLE_FOLDERS; index += 1) rmSync(at(`tree/z${index}`), { recursive: true });
    const { newBytes } = json('snapshot', 'create', 'tree', '--name', 'tree');
    t.ok(newBytes <= CHUNK_BYTES_MAX, `${newBytes} bytes were left to store: lists and directories`);
    t.match(json('snapshot', 'list'), [{ name: 'tree' }]);
    t.equal(run('snapshot', 'show', 'tree').status, 0);
  });

  t.test(
    `a restore that is stopped ${place} leaves no folder that looks whole, and goes on the next time`,
    async (t) => {
      const { folder, at, json, words } = ownStore(t);
      tree(at);
      hole(at('tree/hole'), SMALL_HOLE_BYTES);
      json('snapshot', 'create', 'tree', '--name', 'tree');
      await cut(t, start(t, words('snapshot', 'restore', 'tree', 'back'), folder), place);
      t.notOk(existsSync(at('back')));
      t.match(json('snapshot', 'restore', 'tree', 'back'), { files: FILES + 1, missingCount: 0 });
      t.equal(statSync(at('back/hole')).size, SMALL_HOLE_BYTES);
      for (const name of ['a/0', `a/${FILES - 1}`]) {
        t.ok(readFileSync(at(join('back', name))).equals(readFileSync(at(join('tree', name)))), name);
      }
    },
  );
}
