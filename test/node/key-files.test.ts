import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { CodedError } from '../../src/base/errors.ts';
import { signingKey } from '../../src/format/ed25519.ts';
import {
  keyFolder,
  readBadgeKeys,
  readKey,
  writeBadgeKeys,
  writeOpenKey,
  writeSealedKey,
} from '../../src/node/key-files.ts';
import { seededRandomness } from '../ledger/written-chain.ts';
import { newFolder } from '../store/open-store.ts';

const SEED = seededRandomness('seed').bytes(32);
const PUBLIC = toHex(signingKey(SEED).publicKey);
const PASSPHRASE = 'Möwen fliegen über 7 Dächer';

/** The public key in a file, or the code with which it is refused; anything else is a crash. */
function opened(path: string, passphrase?: string): string {
  try {
    return toHex(readKey(path, passphrase).publicKey);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    return error.code;
  }
}

function write(path: string, content: string | Uint8Array): string {
  writeFileSync(path, content);
  chmodSync(path, 0o600);
  return path;
}

t.test('where keys lie', async (t) => {
  t.strictSame(keyFolder('/srv/space'), {
    node: '/srv/space/keys/node.json',
    mqttCa: '/srv/space/keys/mqtt-ca.json',
    mqttServer: '/srv/space/keys/mqtt-server.json',
    console: '/srv/space/keys/console.json',
    badges: '/srv/space/keys/badges.json',
    founder: '/srv/space/keys/founder.json',
  });
});

t.test('an open key comes back, and only its owner may read the file', async (t) => {
  const path = join(newFolder(t), 'node.json');
  writeOpenKey(path, SEED);
  t.equal(opened(path), PUBLIC);
  t.equal(opened(path, 'a passphrase it does not need'), PUBLIC);
  t.equal(statSync(path).mode & 0o777, 0o600);
});

t.test('a sealed key opens with its passphrase alone', async (t) => {
  const path = join(newFolder(t), 'founder.json');
  writeSealedKey(path, SEED, PASSPHRASE, seededRandomness('seal'));
  t.equal(statSync(path).mode & 0o777, 0o600);
  const text = readFileSync(path, 'utf8');
  t.notOk(text.includes(toHex(SEED)), 'the seed is not in the file');
  t.match(JSON.parse(text), { kind: 'ed25519-sealed', scrypt: { N: 65_536, r: 8, p: 1 }, cipher: 'aes-256-gcm' });
  t.equal(opened(path, PASSPHRASE), PUBLIC);
  t.equal(opened(path), 'key_sealed');
  for (const wrong of ['', PASSPHRASE.toLowerCase(), `${PASSPHRASE} `, PASSPHRASE.slice(1)]) {
    t.equal(opened(path, wrong), 'key_passphrase', wrong);
  }
});

t.test('two seals of one key under one passphrase share nothing', async (t) => {
  const folder = newFolder(t);
  const randomness = seededRandomness('seals');
  const sealed = ['a.json', 'b.json'].map((name) => {
    writeSealedKey(join(folder, name), SEED, PASSPHRASE, randomness);
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
  });
  for (const field of ['scrypt', 'nonce', 'sealed']) t.notSame(sealed[0]?.[field], sealed[1]?.[field], field);
});

t.test('a file is never replaced', async (t) => {
  const path = join(newFolder(t), 'node.json');
  write(path, 'something of value');
  for (const replace of [
    () => writeOpenKey(path, SEED),
    () => writeSealedKey(path, SEED, PASSPHRASE, seededRandomness('x')),
    () => writeBadgeKeys(path, []),
  ]) {
    t.throws(replace, { name: 'CodedError', code: 'key_exists', fields: { path } });
  }
  t.equal(readFileSync(path, 'utf8'), 'something of value');
});

t.test('a file that others may read is refused, whatever is in it', async (t) => {
  const path = join(newFolder(t), 'node.json');
  writeOpenKey(path, SEED);
  for (const mode of [0o644, 0o640, 0o604, 0o601, 0o610, 0o602, 0o777]) {
    chmodSync(path, mode);
    t.equal(opened(path), 'key_exposed', mode.toString(8));
    t.throws(() => readBadgeKeys(path), { code: 'key_exposed', fields: { path }, advice: /chmod 600/ });
  }
  for (const mode of [0o600, 0o400]) {
    chmodSync(path, mode);
    t.equal(opened(path), PUBLIC, mode.toString(8));
  }
});

t.test('what is not there, and what is no file', async (t) => {
  const folder = newFolder(t);
  t.equal(opened(join(folder, 'none.json')), 'file_missing');
  t.equal(opened(join(folder, 'none/none.json')), 'file_missing');
  mkdirSync(join(folder, 'folder.json'), { mode: 0o700 });
  t.equal(opened(join(folder, 'folder.json')), 'file_unreadable');
  t.throws(() => readBadgeKeys(join(folder, 'none.json')), { code: 'file_missing' });
});

t.test('files that are no keys are damaged, never a crash', async (t) => {
  const folder = newFolder(t);
  const hex = toHex(SEED);
  const scrypt = { N: 65_536, r: 8, p: 1, salt: '00'.repeat(16) };
  const sealed = {
    kind: 'ed25519-sealed',
    scrypt,
    cipher: 'aes-256-gcm',
    nonce: '00'.repeat(12),
    sealed: '00'.repeat(48),
  };
  const wrong: readonly unknown[] = [
    ...[null, 1, 'text', [], {}, { kind: 'ed25519' }, { kind: 'rsa', seed: hex }, { seed: hex }],
    ...['', 'zz', hex.slice(2), `${hex}00`, hex.slice(1), `${hex.slice(1)}g`, ` ${hex.slice(1)}`, 7, null, [hex]].map(
      (seed) => ({
        kind: 'ed25519',
        seed,
      }),
    ),
    ...[
      null,
      {},
      'x',
      { ...scrypt, N: 131_072 },
      { ...scrypt, N: 2 },
      { ...scrypt, r: '8' },
      { ...scrypt, p: 1_000_000 },
    ].map((scrypt) => ({ ...sealed, scrypt })),
    ...['', 'zz', '00', '00'.repeat(17), 5].map((salt) => ({ ...sealed, scrypt: { ...scrypt, salt } })),
    ...['', 'zz'.repeat(12), '00'.repeat(11), '00'.repeat(13), null].map((nonce) => ({ ...sealed, nonce })),
    ...['', '00', '00'.repeat(16), '00'.repeat(47), '00'.repeat(49), 'é'.repeat(96), {}].map((seal) => ({
      ...sealed,
      sealed: seal,
    })),
    ...['aes-128-gcm', 'none', null].map((cipher) => ({ ...sealed, cipher })),
  ];
  for (const [n, value] of wrong.entries()) {
    const path = write(join(folder, `${n}.json`), JSON.stringify(value));
    t.equal(opened(path, PASSPHRASE), 'key_damaged', JSON.stringify(value)?.slice(0, 120));
  }
  const texts = [
    '',
    '{',
    '\0',
    'x'.repeat(100_000),
    '['.repeat(100_000),
    '{"kind":"ed25519"',
    Buffer.from([0xff, 0xfe, 0x00]),
  ];
  for (const [n, text] of texts.entries()) {
    t.equal(opened(write(join(folder, `text ${n}.json`), text)), 'key_damaged', String(text).slice(0, 20));
  }
});

t.test('a sealed key with any one byte changed, cut at any, or lengthened', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'founder.json');
  writeSealedKey(path, SEED, PASSPHRASE, seededRandomness('seal'));
  const whole = readFileSync(path);
  const changed = join(folder, 'changed.json');
  const codes = new Map<string, number>();
  const note = (code: string) => void codes.set(code, (codes.get(code) ?? 0) + 1);
  for (let at = 0; at < whole.length; at += 1) {
    const bytes = Buffer.from(whole);
    bytes[at] = (whole[at] ?? 0) ^ 0x80;
    note(opened(write(changed, bytes), PASSPHRASE));
    note(opened(write(changed, whole.subarray(0, at)), PASSPHRASE));
  }
  // Another digit in place of one leaves the form as it is: the seal has to tell. Each costs a derivation.
  const digits = [...whole.toString('latin1').matchAll(/"(?:salt|nonce|sealed)": "([0-9a-f]+)"/g)];
  t.equal(digits.length, 3);
  for (const { index, 0: field, 1: value = '' } of digits) {
    const from = index + field.length - 1 - value.length;
    for (const at of [0, 1, value.length >> 1, value.length - 2, value.length - 1]) {
      const bytes = Buffer.from(whole);
      bytes[from + at] = value[at] === '0' ? 0x31 : 0x30;
      note(opened(write(changed, bytes), PASSPHRASE));
    }
  }
  // White space between the members is none of the seal's business.
  t.strictSame([...codes.keys()].sort(), [PUBLIC, 'key_damaged', 'key_passphrase'].sort());
  t.equal(codes.get('key_passphrase'), 15);
  t.equal(codes.get(PUBLIC), 1, 'only the line feed at the end may be missing');
});

t.test('the ring of badge keys', async (t) => {
  const folder = newFolder(t);
  const path = join(folder, 'badges.json');
  const ring = ['new', 'old'].map((epoch) => ({ epoch, key: seededRandomness(epoch).bytes(32) }));
  writeBadgeKeys(path, ring);
  t.strictSame(readBadgeKeys(path), ring);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(opened(path), 'key_damaged', 'is no signing key');
  const key = '00'.repeat(32);
  const wrong: readonly unknown[] = [
    ...[{}, [], null, { kind: 'ed25519', ring: [] }],
    ...[[], {}, 'x', null, [null], ['x'], [{}], [{ epoch: 'a' }], [{ key }], [{ epoch: 1, key }]].map((ring) => ({
      kind: 'badge-keys',
      ring,
    })),
    ...['', 'zz', key.slice(2), `${key}00`, key.slice(1), 7].map((key) => ({
      kind: 'badge-keys',
      ring: [{ epoch: 'a', key }],
    })),
    ...['', 'a/b', 'é', 'x'.repeat(65)].map((epoch) => ({ kind: 'badge-keys', ring: [{ epoch, key }] })),
    { kind: 'badge-keys', ring: ring.map(({ key }) => ({ epoch: 'twice', key: Buffer.from(key).toString('hex') })) },
  ];
  for (const [n, value] of wrong.entries()) {
    const file = write(join(folder, `${n}.json`), JSON.stringify(value));
    t.throws(
      () => readBadgeKeys(file),
      { name: 'CodedError', code: 'key_damaged', fields: { path: file } },
      JSON.stringify(value),
    );
  }
  const node = join(folder, 'node.json');
  writeOpenKey(node, SEED);
  t.throws(() => readBadgeKeys(node), { code: 'key_damaged' });
});
