import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { spaceStore } from './large-scene.ts';

/** What `[chunks]` of blockmesh.toml lets large things take, as whoever types the commands meets it. */

const SMALL_BYTES = 200_000;
const LARGE_BYTES = 2_000_000;

async function limited(t: Test, key: 'quota' | 'low_space', value: string) {
  const scene = await spaceStore(t);
  const { at, json } = scene;
  writeFileSync(at('small'), randomBytes(SMALL_BYTES));
  writeFileSync(at('large'), randomBytes(LARGE_BYTES));
  mkdirSync(at('tree'));
  writeFileSync(at('tree/large'), randomBytes(LARGE_BYTES));
  json('blob', 'put', 'small');
  json('backup', 'add', 'tree', 'tree');
  const set = (text: string) => {
    const lines = readFileSync(at('blockmesh.toml'), 'utf8').split('\n');
    const others = lines.filter((line) => !new RegExp(`^(# )?${key} = `).test(line));
    others.splice(others.findIndex((line) => line.startsWith('[chunks]')) + 1, 0, `${key} = "${text}"`);
    writeFileSync(at('blockmesh.toml'), others.join('\n'));
  };
  set(value);
  return { ...scene, set };
}

t.test('over its quota nothing more is taken, and what is there is read and let go', async (t) => {
  const { json, refused, set } = await limited(t, 'quota', '1 MB');
  const fields = { quotaBytes: 1_000_000 };
  t.match(refused('blob', 'put', 'large'), { code: 'chunks_quota', fields, advice: /store gc/ });
  t.match(refused('snapshot', 'create', 'tree'), { code: 'chunks_quota', fields });
  t.match(refused('backup', 'run', 'tree'), { code: 'chunks_quota', fields });
  t.match(json('blob', 'ls'), [{ name: 'small' }]);
  t.match([json('snapshot', 'list'), json('backup', 'list', 'tree')], [[], []]);
  t.match(json('store', 'stat'), { quotaBytes: 1_000_000, leases: 0 });
  t.match(json('blob', 'verify', 'small'), { bytes: SMALL_BYTES, faultCount: 0 });
  json('member', 'add', 'Bob');
  json('store', 'gc');
  const { storedBytes } = json('store', 'stat');
  t.ok(storedBytes < fields.quotaBytes / 2, `${storedBytes} bytes: what was refused is freed`);
  json('blob', 'put', 'small', '--name', 'again');
  set('1 TB');
  t.match(json('blob', 'put', 'large'), { bytes: LARGE_BYTES });
});

t.test('on a disk that is low nothing more is taken, and the ledger goes on', async (t) => {
  const { json, refused, set } = await limited(t, 'low_space', '900 TB');
  for (const words of [
    ['blob', 'put', 'large'],
    ['snapshot', 'create', 'tree'],
    ['backup', 'run', 'tree'],
  ]) {
    t.match(refused(...words), { code: 'chunks_low_space', fields: { freeBytesMin: 900e12 }, advice: /ledger go on/ });
  }
  json('member', 'add', 'Bob');
  t.match(json('blob', 'get', 'small', 'copy'), { bytes: SMALL_BYTES });
  json('blob', 'rm', 'small');
  json('store', 'gc');
  t.match(json('store', 'stat'), { chunks: 0, leases: 0 });
  set('1 GB');
  t.match(json('backup', 'run', 'tree'), { parts: [{ files: 1 }] });
});

t.test('a size that is none is told by its place', async (t) => {
  const { refused } = await limited(t, 'quota', 'lots');
  t.match(refused('blob', 'ls'), { code: 'config_invalid', fields: { key: 'chunks.quota' } });
});
