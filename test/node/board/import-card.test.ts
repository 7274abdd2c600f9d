import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type ImportStep, importCard } from '../../../src/node/board/import-card.ts';
import { parseConfig } from '../../../src/node/config.ts';
import { systemRandomness } from '../../../src/node/system.ts';
import { CARD, codes, KEY, PASSWORD, world } from './card-world.ts';

t.test('a whole card', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  const result = await w.run();
  t.strictSame(result.notes, []);
  t.match(result.settings, {
    space: { name: 'Nord', admin: 'Ada', badge: '0009362416', break_glass: ['0000000042', '0000000043'] },
    door: { 'front-door': { reader: 'front-reader', output: 'front-strike' } },
    wifi: { ssid: 'Werk “1”', password: PASSWORD },
  });
  t.match(w.kept('hostname'), /^blockmesh-[0-9a-f]{6}\n$/);
  t.match(w.kept('machine-id'), /^[0-9a-f]{32}\n$/);
  t.equal(w.kept('timezone'), 'Europe/Berlin\n');
  t.equal(w.kept('authorized_keys'), `${KEY}\n`);
  t.equal(w.kept('network/70-blockmesh-wired.network'), null, 'the wire asks for an address');
  const wpa = w.kept('wpa_supplicant.conf') ?? '';
  t.match(wpa, `  psk="${PASSWORD}"\n`);
  t.match(wpa, `  ssid=${Buffer.from('Werk “1”').toString('hex')}\n`);
  t.match(wpa, 'country=DE\n');
  for (const secret of ['settings.json', 'wpa_supplicant.conf', 'authorized_keys']) {
    t.equal(statSync(join(w.board, secret)).mode & 0o777, 0o600, secret);
  }
  const config = parseConfig(w.kept('node.toml') ?? '', 'node.toml', w.space);
  t.match(config, { output: { 'front-strike': { line: 'GPIO17' } } });
  const again = w.kept('settings.json');
  t.strictSame((await w.run()).notes, [], 'what stands on the card now is read without a fault');
  t.equal(w.kept('settings.json'), again, 'and changes nothing');
});

t.test('secrets go from the card, byte for byte where they stood', async (t) => {
  const w = world(t);
  // As Windows would save it.
  const text = `\uFEFF${CARD.replaceAll('\n', '\r\n')}`;
  w.put('blockmesh.toml', text);
  const before = statSync(join(w.card, 'blockmesh.toml'));
  await w.run();
  const after = statSync(join(w.card, 'blockmesh.toml'));
  t.equal(after.ino, before.ino, 'no other file took its place, for that would leave the old one readable');
  t.equal(after.size, before.size);
  const left = w.onCard('blockmesh.toml');
  for (const secret of ['horse', '0009362416', '0000000042', '0000000043']) t.notMatch(left, secret);
  const rest = (line: string) => left.includes(line);
  t.ok(rest('ssid = "Werk “1”"\r\n') && rest('country = "DE"\r\n') && rest('# hers\r\n'), 'all else stays');
  t.match(left, /password = "\.{4}" +\r\n/);
  t.match(left, /break_glass = \[\] +\r\n/);
  t.equal(w.kept('masks.json'), null);
  t.match(w.kept('settings.json'), '0009362416', 'the board has the card until it is enrolled');
});

const STEPS: readonly ImportStep[] = ['begun', 'kept', 'written', 'planned', 'masked'];

t.test('a power cut after each step', async (t) => {
  for (const step of STEPS) {
    const w = world(t);
    w.put('blockmesh.toml', CARD);
    const cut = new Error(`cut after ${step}`);
    const onStep = (done: ImportStep) => {
      if (done === step) throw cut;
    };
    await t.rejects(w.run({ onStep }), cut);
    const somewhere = w.onCard('blockmesh.toml') + (w.kept('settings.json') ?? '').replaceAll('\\"', '"');
    t.match(somewhere, PASSWORD, `${step}: the password is not lost`);
    const { settings } = await w.run();
    t.match(settings, { wifi: { password: PASSWORD }, space: { badge: '0009362416' } }, `${step}: goes on`);
    t.match(w.kept('wpa_supplicant.conf'), PASSWORD);
    t.notMatch(w.onCard('blockmesh.toml'), 'horse', `${step}: and is off the card`);
    t.equal(w.kept('masks.json'), null);
  }
});

t.test('a power cut in the middle of the masks', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  await t.rejects(w.run({ onStep: (step) => step === 'planned' && fail() }));
  const plan = JSON.parse(w.kept('masks.json') ?? '') as { masks: { start: number; text: string }[] }[];
  const [mask] = plan[0]?.masks ?? [];
  if (mask === undefined) throw new Error('a mask was planned');
  // Half of the first mask is on the card: the line is no TOML now.
  const bytes = readFileSync(join(w.card, 'blockmesh.toml'));
  bytes.write(mask.text.slice(0, 3), mask.start);
  w.put('blockmesh.toml', bytes);
  const result = await w.run();
  t.strictSame(result.notes, [], 'the mask was finished before the file was read');
  t.match(result.settings.wifi, { password: PASSWORD });

  w.put('blockmesh.toml', CARD);
  await t.rejects(w.run({ onStep: (step) => step === 'planned' && fail() }));
  w.put('blockmesh.toml', CARD.replace('ssid = ', 'ssid  = ').replace('correct horse', 'another horse'));
  const changed = await w.run();
  t.strictSame(changed.notes, [], 'a file that was changed meanwhile is not overwritten by a plan for another one');
  t.match(changed.settings.wifi.password, 'another horse', 'but read anew');
});

function fail(): never {
  throw new Error('cut');
}

t.test('a card that cannot be written keeps its password, and that is told', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  const refuse = async () => {
    throw new Error('write-protected');
  };
  t.strictSame(codes(await w.run({ whileWritable: refuse })), ['card_unwritable']);
  t.match(w.onCard('blockmesh.toml'), 'horse');
  t.strictSame(codes(await w.run()), [], 'the next start does it');
  t.notMatch(w.onCard('blockmesh.toml'), 'horse');
});

t.test('without a data partition nothing is taken off', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  const { whileWritable: _, ...rescue } = { whileWritable: undefined, card: w.card, board: w.board, space: w.space };
  await importCard({ ...rescue, randomness: systemRandomness });
  t.equal(w.onCard('blockmesh.toml'), CARD);
  t.match(w.kept('authorized_keys'), KEY, 'but one can log in');
});

t.test('what a card does not name stays as it was', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  const first = await w.run();
  w.put('blockmesh.toml', '[board]\nhostname = "door"\n\n[reader.side-reader]\ndriver = "id12"\nport = "/dev/ttyS1"\n');
  const { settings, isNewConfig } = await w.run();
  t.ok(isNewConfig);
  t.match(settings, { wifi: first.settings.wifi, ssh: first.settings.ssh, board: { timezone: 'Europe/Berlin' } });
  t.strictSame(Object.keys(settings.node.reader ?? {}), ['front-reader', 'side-reader']);
  t.equal(w.kept('hostname'), 'door\n');
  w.put('blockmesh.toml', '[reader.side-reader]\nremove = true\n');
  t.strictSame(Object.keys((await w.run()).settings.node.reader ?? {}), ['front-reader']);
  // A reader of another kind has none of the keys of the old one.
  w.put(
    'blockmesh.toml',
    '[reader.front-reader]\ndriver = "wiegand"\nd0 = "GPIO23"\nd1 = "GPIO24"\nformat = "26-h10301"\n',
  );
  t.strictSame(codes(await w.run()), []);
  rmSync(join(w.card, 'blockmesh.toml'));
  t.match(
    (await w.run()).settings.node.reader,
    { 'front-reader': { driver: 'wiegand' } },
    'nor a card without the file',
  );
});

t.test('the configuration of the space is the one that counts, whoever wrote it', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  await w.run();
  mkdirSync(w.space);
  writeFileSync(join(w.space, 'blockmesh.toml'), '[log]\nlevel = "debug"\n');
  w.put('blockmesh.toml', '[broker]\nport = 8884\n');
  const { settings } = await w.run();
  t.strictSame(settings.node, { log: { level: 'debug' }, broker: { port: 8884 } }, 'by hand, or by a restore');
});

t.test('files that are wrong change nothing', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  const good = await w.run();
  const files = readdirSync(w.board).filter((name) => name !== 'notes.txt');
  const kept = () => files.map((name) => (name === 'network' ? '' : w.kept(name)));
  const before = kept();
  const wrong: readonly (readonly [text: string, code: string, words: string])[] = [
    ['[wifi\nssid = "x"\n', 'config_syntax', 'line 2'],
    ['[board]\nhostname = "a b"\n', 'config_invalid', 'line 2: board.hostname'],
    ['[wifi]\nssid = "other"\n', 'config_invalid', 'line 2: wifi.ssid has no password'],
    ['[wifi]\nssid = "other"\npassword = "...."\n', 'config_invalid', 'keeps none for that network'],
    ['[wifi]\npassword = "short"\n', 'config_invalid', 'line 2: wifi.password'],
    ['\n\n[output.front-strike]\nline = 5\n', 'config_invalid', 'line 4: output.front-strike.line'],
    ['[reader.r]\ndriver = "rdm6300"\nport = "/dev/a"\n[output.r]\nline = "A"\n', 'config_invalid', 'line 4'],
    ['[space]\nadmin = "A"\nbadge = "12"\n', 'config_invalid', 'line 3: space.badge is no number of a card'],
    ['[ssh]\nkeys = ["command=\\"x\\" ssh-ed25519 AAAA"]\n', 'config_invalid', 'line 2: ssh.keys'],
    ['[network]\ngateway = "1.2.3.4"\n', 'config_invalid', 'network has no address'],
    ['x = 1\n'.padEnd(65_537, '#'), 'card_file_large', '65536'],
    ['[door.d]\nreader = "r"\n', 'config_invalid', 'line 1: door.d'],
  ];
  for (const [text, code, words] of wrong) {
    w.put('blockmesh.toml', text);
    const { notes, isNewConfig } = await w.run();
    t.strictSame(
      notes.map((one) => one.code),
      [code],
      text.slice(0, 60),
    );
    t.match(notes[0]?.text, words);
    t.notOk(isNewConfig);
    t.strictSame(kept(), before, 'nothing else is there than before');
    t.match(w.kept('notes.txt'), words, 'and it is told');
  }
  t.ok(good.settings.wifi.password);
});

t.test('a slip in one key costs that key alone', async (t) => {
  const w = world(t);
  w.put(
    'blockmesh.toml',
    `${CARD}\n[wfi]\nssid = "x"\n[broker]\nprot = 1\nport = 8884\n[network]\nadress = "1.1.1.1/8"\n`,
  );
  const { notes, settings } = await w.run();
  const texts = notes.map(({ text }) => text);
  t.match(texts.join('\n'), /line 36: network\.adress is not a known key/);
  t.match(texts.join('\n'), /line 33: broker\.prot is not a known key/);
  t.match(texts.join('\n'), /line 30: wfi is not a known key/);
  t.equal(notes.length, 3);
  t.match(settings, { wifi: { password: PASSWORD }, node: { broker: { port: 8884 } } });
});

t.test('damaged keepings', async (t) => {
  const w = world(t);
  w.put('blockmesh.toml', CARD);
  await w.run();
  writeFileSync(join(w.board, 'settings.json'), '{"wifi": {"password": "hun');
  const { notes, settings } = await w.run();
  t.match(
    notes.map(({ code }) => code),
    ['settings_damaged', 'config_invalid'],
    'the card has but dots by now',
  );
  t.notMatch(notes.map(({ text }) => text).join(), 'hun', 'and no password is told');
  t.strictSame(settings.wifi, {});
  writeFileSync(join(w.board, 'identity.json'), '{}');
  await t.rejects(w.run(), { code: 'identity_damaged' });
});
