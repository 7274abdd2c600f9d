import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import t, { type Test } from 'tap';
import { toHex } from '../../src/base/bytes.ts';
import { CodedError } from '../../src/base/errors.ts';
import type { JsonObject } from '../../src/base/json.ts';
import { BREAK_GLASS_CARDS_MAX } from '../../src/base/limits.ts';
import { parseCredential } from '../../src/devices/credential-text.ts';
import { signingKey } from '../../src/format/ed25519.ts';
import { idText } from '../../src/format/ids.ts';
import { hashedViews } from '../../src/node/hashed-views.ts';
import { type InitOptions, initSpace } from '../../src/node/init.ts';
import { keyFolder, readBadgeKeys, readKey, writeOpenKey, writeSealedKey } from '../../src/node/key-files.ts';
import { readConfig } from '../../src/node/read-config.ts';
import { openSpace } from '../../src/node/space.ts';
import { verifySpace } from '../../src/node/verify.ts';
import { BlockReader } from '../../src/store/blocks.ts';
import { openDatabase } from '../../src/store/database.ts';
import { seededRandomness } from '../ledger/written-chain.ts';
import { newFolder } from '../store/open-store.ts';
import { initOptions, partsOf, withSpace } from './made-space.ts';

const PASSPHRASE = 'correct horse battery staple';

// Modes are told for this one, whatever whoever runs the tests has.
process.umask(0o022);

/** Every file and folder below `folder`, by its path from there. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)) + (entry.isDirectory() ? '/' : ''))
    .sort();
}

/** A stand-in for the dapps of the release: founding does not depend on which there are. */
function ownDapps(t: Test): { readonly dappsFolder: string; readonly dapps: readonly string[] } {
  const dappsFolder = newFolder(t);
  cpSync(join(import.meta.dirname, '../fixtures/dapps/hostile'), join(dappsFolder, 'hostile'), { recursive: true });
  return { dappsFolder, dapps: ['hostile'] };
}

t.test('a new space: its files, their modes, and no secret where it does not belong', async (t) => {
  const options = initOptions(t);
  const { folder } = options;
  const { mesh, recoveryKey } = await initSpace({ ...options, founderKey: { passphrase: PASSPHRASE } });
  t.match(recoveryKey, /^[0-9a-f]{64}$/);
  const modes = Object.fromEntries(
    filesBelow(folder).map((path) => [path, (statSync(join(folder, path)).mode & 0o777).toString(8)]),
  );
  t.strictSame(modes, {
    'blockmesh.toml': '644',
    'keys/': '700',
    'keys/badges.json': '600',
    'keys/console.json': '600',
    'keys/founder.json': '600',
    'keys/node.json': '600',
    'ledger.db': '600',
    'run/': '750',
  });
  t.equal(statSync(folder).mode & 0o777, 0o700);

  const files = filesBelow(folder).filter((path) => !path.endsWith('/'));
  const holds = (secret: Buffer) => files.filter((path) => readFileSync(join(folder, path)).includes(secret));
  const raw = Buffer.from(recoveryKey, 'hex');
  const forms = [
    raw,
    Buffer.from(recoveryKey),
    Buffer.from(recoveryKey.toUpperCase()),
    Buffer.from(raw.toString('base64').slice(0, 40)),
  ];
  for (const form of forms) t.strictSame(holds(form), [], 'the recovery key is in no file');
  t.strictSame(holds(Buffer.from(PASSPHRASE)), [], 'nor is the passphrase');

  t.match(readConfig(folder), { node: { name: 'blockmesh' } }, 'a configuration that starts as it is');
  await withSpace(folder, async (space) => {
    await space.fold.settled();
    t.equal(space.mesh, mesh);
    t.equal(space.nodeKey, toHex(readKey(keyFolder(folder).node).publicKey));
    t.equal(space.badgeKeys.length, 1);
    const root = (space.state.read('mesh', 'mesh') as JsonObject).root as JsonObject;
    t.equal(
      root.recovery,
      toHex(signingKey(Buffer.from(recoveryKey, 'hex')).publicKey),
      'the root knows the recovery key by its public half',
    );
    t.match(root, {
      founder: {
        principal: 'founder',
        name: 'Ada',
        key: toHex(readKey(keyFolder(folder).founder, PASSPHRASE).publicKey),
      },
    });
    t.match(root, { dapps: [{ dapp: 'membership' }, { dapp: 'door' }], rules: { seats: [space.nodeKey] } });
    await space.command('membership', 'member.add', { member: 'm-1', name: 'Bob' });
    t.strictSame((await verifySpace(space, () => {})).findings, [], 'and the console may speak for the founder');
  });
});

t.test('the seed of a founder’s key is nowhere in the folder', async (t) => {
  const options = { ...initOptions(t), ...ownDapps(t) };
  const drawn: Buffer[] = [];
  const randomness = {
    bytes(length: number) {
      const bytes = options.randomness.bytes(length);
      drawn.push(Buffer.from(bytes));
      return bytes;
    },
  };
  const { recoveryKey } = await initSpace({ ...options, randomness, founderKey: { passphrase: PASSPHRASE } });
  const { folder } = options;
  const founder = toHex(readKey(keyFolder(folder).founder, PASSPHRASE).publicKey);
  const seeds = drawn.filter((bytes) => bytes.length === 32);
  const isSeedOf = (key: string) => (seed: Buffer) => toHex(signingKey(new Uint8Array(seed)).publicKey) === key;
  const founderSeed = seeds.find(isSeedOf(founder));
  t.ok(founderSeed, 'the founder’s key was drawn here');
  const secrets = { founder: founderSeed ?? Buffer.alloc(0), recovery: Buffer.from(recoveryKey, 'hex') };
  const files = filesBelow(folder).filter((path) => !path.endsWith('/'));
  for (const [name, secret] of Object.entries(secrets)) {
    for (const form of [secret, Buffer.from(toHex(secret)), Buffer.from(secret.toString('base64'))]) {
      t.strictSame(
        files.filter((path) => readFileSync(join(folder, path)).includes(form)),
        [],
        name,
      );
    }
  }
  const node = seeds.find(isSeedOf(toHex(readKey(keyFolder(folder).node).publicKey))) ?? Buffer.alloc(0);
  const found = files.filter((path) => readFileSync(join(folder, path)).includes(toHex(node)));
  t.strictSame(found, ['keys/node.json'], 'the search would have found it: it finds the node’s own');
  t.equal(new Set(drawn.map((bytes) => toHex(bytes))).size, drawn.length, 'nothing was drawn once and used twice');
});

t.test('a founder’s key in a file of its own: made there, or brought', async (t) => {
  const parts = ownDapps(t);
  const made = { ...initOptions(t), ...parts };
  const { keyFile } = made.founderKey as { keyFile: string };
  await initSpace(made);
  t.notOk(existsSync(keyFolder(made.folder).founder), 'and not in the folder');
  t.equal(statSync(keyFile).mode & 0o777, 0o600);
  const before = readFileSync(keyFile, 'utf8');
  const again = { ...initOptions(t), ...parts, founderKey: { keyFile } };
  await initSpace(again);
  t.equal(readFileSync(keyFile, 'utf8'), before, 'a key that is there is used as it is');
  const keys = [made.folder, again.folder].map((folder) => founderIn(folder));
  t.equal(keys[0], toHex(readKey(keyFile).publicKey));
  t.equal(keys[1], keys[0]);
  t.not(toHex(readKey(keyFolder(made.folder).node).publicKey), toHex(readKey(keyFolder(again.folder).node).publicKey));
  t.notSame(readBadgeKeys(keyFolder(made.folder).badges), readBadgeKeys(keyFolder(again.folder).badges));
});

function founderIn(folder: string): string {
  const database = openDatabase({ path: join(folder, 'ledger.db'), mayCreate: false });
  const blocks = new BlockReader(database);
  const founder = blocks.find(blocks.mesh);
  database.close();
  return toHex(founder?.author ?? new Uint8Array());
}

t.test('a configuration that is there is kept', async (t) => {
  const options = { ...initOptions(t), ...ownDapps(t) };
  mkdirSync(options.folder);
  writeFileSync(join(options.folder, 'blockmesh.toml'), '[node]\nname = "mine"\n');
  await initSpace(options);
  t.equal(readFileSync(join(options.folder, 'blockmesh.toml'), 'utf8'), '[node]\nname = "mine"\n');
});

type Change = (options: InitOptions) => Partial<InitOptions>;

t.test('whatever fails, nothing is left behind', async (t) => {
  const parts = ownDapps(t);
  const failing = newFolder(t);
  cpSync(join(parts.dappsFolder, 'hostile'), join(failing, 'hostile'), { recursive: true });
  const script = join(failing, 'hostile/tests/good.json');
  const wrong = readFileSync(script, 'utf8').replace(/"ok": ?true/, '"ok": false');
  t.not(wrong, readFileSync(script, 'utf8'));
  writeFileSync(script, wrong);
  const other = newFolder(t);
  const keyAt = (name: string) => join(other, name);
  writeOpenKey(keyAt('good.json'), new Uint8Array(32));
  writeSealedKey(keyAt('sealed.json'), new Uint8Array(32), PASSPHRASE, seededRandomness('x'));
  writeFileSync(keyAt('damaged.json'), '{}', { mode: 0o600 });
  writeFileSync(keyAt('open.json'), readFileSync(keyAt('good.json')), { mode: 0o644 });

  const cases: Readonly<Record<string, readonly [Change, string | RegExp]>> = {
    'a dapp that is not there': [() => ({ dapps: ['hostile', 'nothing'] }), 'manifest_unreadable'],
    'a dapp that fails its own tests': [() => ({ dappsFolder: failing }), 'dapp_tests_failed'],
    'a space without a name': [() => ({ spaceName: '' }), 'body_invalid'],
    'a name with a line break': [() => ({ spaceName: 'a\nb' }), 'body_invalid'],
    'a founder without a name': [() => ({ founderName: '' }), 'body_invalid'],
    'a board with a name too long': [() => ({ nodeName: 'x'.repeat(65) }), 'body_invalid'],
    'no example of a configuration': [() => ({ configExample: join(other, 'none.toml') }), 'file_missing'],
    'a key file in no folder': [() => ({ founderKey: { keyFile: join(other, 'none/key.json') } }), 'file_unwritable'],
    'a key file that is a folder': [() => ({ founderKey: { keyFile: other } }), 'file_unreadable'],
    'a key file that is sealed': [() => ({ founderKey: { keyFile: keyAt('sealed.json') } }), 'key_sealed'],
    'a key file that is damaged': [() => ({ founderKey: { keyFile: keyAt('damaged.json') } }), 'key_damaged'],
    'a key file that others may read': [() => ({ founderKey: { keyFile: keyAt('open.json') } }), 'key_exposed'],
    'a folder that is a file': [() => ({ folder: keyAt('good.json') }), 'folder_unusable'],
    'a folder below a file': [() => ({ folder: join(keyAt('good.json'), 'space') }), 'folder_unusable'],
    'randomness that fails': [() => ({ randomness: failingAfter(7) }), /^no more$/],
  };
  for (const [name, [change, wanted]] of Object.entries(cases)) {
    // With a configuration of one's own there is no need for the example.
    for (const hasConfig of name.startsWith('no example') ? [false] : [false, true]) {
      const above = newFolder(t);
      const founderKey = { keyFile: join(above, 'founder.json') };
      const folder = join(above, 'a/b/space');
      if (hasConfig) {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, 'blockmesh.toml'), '# mine');
      }
      const before = [filesBelow(above), filesBelow(other)];
      const options = { ...initOptions(t, folder), ...parts, founderKey };
      const error: unknown = await initSpace({ ...options, ...change(options) }).catch((cause: unknown) => cause);
      if (typeof wanted === 'string') t.match(error, { name: 'CodedError', code: wanted }, name);
      else t.match(error, { message: wanted }, name);
      t.strictSame([filesBelow(above), filesBelow(other)], before, `${name}: nothing is left, nothing is gone`);
    }
  }
});

function failingAfter(draws: number) {
  const randomness = seededRandomness('few');
  let left = draws;
  return {
    bytes(length: number) {
      if (left-- === 0) throw new RangeError('no more');
      return randomness.bytes(length);
    },
  };
}

t.test('a folder with anything in it is refused and left alone', async (t) => {
  const parts = ownDapps(t);
  for (const name of ['ledger.db', 'notes.txt', '.hidden', 'keys']) {
    const options = { ...initOptions(t), ...parts };
    mkdirSync(options.folder);
    if (name === 'keys') mkdirSync(join(options.folder, name));
    else writeFileSync(join(options.folder, name), 'of value');
    const error: unknown = await initSpace(options).catch((cause: unknown) => cause);
    t.match(error, { name: 'CodedError', code: 'folder_not_empty', fields: { folder: options.folder } }, name);
    t.equal(readdirSync(options.folder).join(), name);
    t.notOk(existsSync(`${options.folder}-founder.json`));
  }
  const options = { ...initOptions(t), ...parts };
  const { mesh } = await initSpace(options);
  await t.rejects(initSpace(options), { code: 'folder_not_empty' }, 'a space is never founded over');
  t.equal(founderIn(options.folder).length, 64);
  t.match(idText(mesh), /^bafyrei/);
});

t.test('a folder that init did not bring to an end is no space', async (t) => {
  const options = { ...initOptions(t), ...ownDapps(t) };
  await t.rejects(openSpace(partsOf(options.folder)), { code: 'space_missing' });
  await initSpace(options);
  rmSync(join(options.folder, 'ledger.db'));
  openDatabase({ path: join(options.folder, 'ledger.db'), mayCreate: true }).close();
  const error: unknown = await openSpace(partsOf(options.folder)).catch((cause: unknown) => cause);
  t.ok(error instanceof CodedError);
  t.match(error, { code: 'space_unfinished', advice: /init/ });
});

t.test('break-glass cards and the zone of the space are settled with the founding', async (t) => {
  const cards = ['0009362416', '0012345678'];
  const orders = { breakGlass: cards, zone: 'CET-1CEST,M3.5.0,M10.5.0/3' };
  const options = { ...initOptions(t), orders };
  await initSpace(options);
  const { folder } = options;
  for (const path of filesBelow(folder).filter((name) => !name.endsWith('/'))) {
    const bytes = readFileSync(join(folder, path));
    for (const number of cards) t.notOk(bytes.includes(number), `${path}: no card’s number is kept`);
  }
  await withSpace(folder, async (space) => {
    await space.fold.settled();
    t.same(space.state.read('door', 'space'), { zone: orders.zone });
    const { rows } = space.state.scan('door', 'glasscard/', null, 9);
    // Cards have random ids, so that their rows stand in any order.
    const labels = rows.map(({ value }) => (value as { readonly label: string }).label);
    t.same(labels.toSorted(), ['card 1', 'card 2']);
    const known = hashedViews(parseCredential('0009362416'), space.badgeKeys);
    t.ok(known.some(({ epoch, bits, hash }) => space.state.read('door', `glass/${epoch}/${bits}/${hash}`) !== null));
    t.ok(
      space.journal.outcomes(0, 99).every(({ ok }) => ok),
      'nothing of the founding was refused',
    );
    t.strictSame((await verifySpace(space, () => {})).findings, []);
  });
});

t.test('an order that would be refused later founds nothing', async (t) => {
  const cases: Readonly<Record<string, readonly [Partial<NonNullable<InitOptions['orders']>>, string]>> = {
    'a number that is none': [{ breakGlass: ['card'] }, 'credential_unreadable'],
    'a card twice': [{ breakGlass: ['0009362416', '0009362416'] }, 'badge_taken'],
    'more cards than the cap': [
      { breakGlass: Array(BREAK_GLASS_CARDS_MAX + 1).fill('0009362416') },
      'break_glass_many',
    ],
    'a zone that is no rule': [{ zone: 'Berlin time' }, 'bad_zone'],
  };
  for (const [name, [orders, code]] of Object.entries(cases)) {
    // Without a dapp to install there are no tests of dapps to run; orders are judged by the door all the same.
    const options = { ...initOptions(t), dapps: [], orders: { breakGlass: [], zone: null, ...orders } };
    const error: unknown = await initSpace(options).catch((cause: unknown) => cause);
    t.match(error, { name: 'CodedError', code }, name);
    t.notOk(existsSync(options.folder), `${name}: nothing is left`);
  }
});
