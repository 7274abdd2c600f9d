import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { messageOf } from '../../../src/base/errors.ts';
import { parseCard } from '../../../src/node/board/card-file.ts';
import { parseNetworkConfig } from '../../../src/node/board/network-config.ts';
import { CARD, codes, world } from './card-world.ts';

/** Cards that somebody made to do harm, or had bad luck with. */

const SECRET = 's3cret-pass';

const network = (password: string) => `wifis:
  wlan0:
    access-points:
      "Nord":
        password: ${password}
    regulatory-domain: "DE"
`;

t.test('a file that is no UTF-8 is left as it stands', async (t) => {
  const w = world(t);
  const latin = Buffer.from(`[space]\n# Tür, für Gäste\n[wifi]\nssid = "Nord"\npassword = "${SECRET}"\n`, 'latin1');
  w.put('blockmesh.toml', latin);
  const { notes, settings } = await w.run();
  t.match(notes, [{ code: 'card_file_encoding', text: /^blockmesh\.toml line 2: .*UTF-8/ }]);
  t.strictSame(settings.wifi, {});
  t.ok(readFileSync(join(w.card, 'blockmesh.toml')).equals(latin), 'nothing is masked beside the password');
  w.put('blockmesh.toml', latin.toString('latin1'));
  t.match(await w.run(), { notes: [], settings: { wifi: { password: SECRET } } }, 'saved anew it is taken');
  t.notMatch(w.onCard('blockmesh.toml'), /cret|-pass/);
  w.put('blockmesh.toml', Buffer.from('[board]\nhostname = "ü', 'latin1'));
  t.match((await w.run()).notes, [{ text: /line 2/ }], 'cut off in its last line');
});

t.test('what is no file is told, and the rest is taken up', async (t) => {
  const w = world(t);
  mkdirSync(join(w.card, 'user-data'));
  execFileSync('mkfifo', [join(w.card, 'network-config')]);
  w.put('blockmesh.toml', CARD);
  t.strictSame(codes(await w.run()), ['card_file_odd', 'card_file_odd']);
  t.notMatch(w.onCard('blockmesh.toml'), 'horse');
  const other = world(t);
  symlinkSync('/dev/zero', join(other.card, 'blockmesh.toml'));
  t.strictSame(codes(await other.run()), ['card_file_odd']);
});

t.test('a password on lines of its own goes from the card too', async (t) => {
  const forms = [
    `>-\n          ${SECRET}`,
    `|-\n          ${SECRET}`,
    `"s3cret-\\\n          pass"`,
    `&a\n          ${SECRET}`,
  ];
  for (const form of forms) {
    const w = world(t);
    w.put('network-config', network(form));
    t.match(await w.run(), { notes: [], settings: { wifi: { password: SECRET } } }, form);
    t.notMatch(w.onCard('network-config'), /s3cret|pass$/m, form);
    t.match(w.onCard('network-config'), '\n    regulatory-domain: "DE"\n', 'what follows is as it was');
    t.match(await w.run(), { notes: [], settings: { wifi: { password: SECRET, country: 'DE' } } }, 'and read again');
  }
});

t.test('no fault quotes a password', async (t) => {
  const begun = [
    '',
    '*',
    '@',
    '>',
    '|',
    '%',
    '`',
    '{',
    '[',
    '"',
    "'",
    '- ',
    '? ',
    ': ',
    '!<',
    '!!',
    '&a *',
    '"\\U',
    '"x" ',
  ];
  const ends = ['', ': x', '}', ']', '"', ' # x', '\n        password: x', '\n: x', '\n---\nx', '\n      - x', ', x'];
  const fault = async (parse: () => unknown) => {
    try {
      await parse();
      return '';
    } catch (error) {
      return messageOf(error);
    }
  };
  for (const start of begun) {
    for (const end of ends) {
      const value = `${start}${SECRET}${end}`;
      const toml = `[wifi]\nssid = "Nord"\npassword = ${value}\n`;
      t.notMatch(await fault(() => parseNetworkConfig(network(value), 'network-config')), 's3cr', value);
      t.notMatch(await fault(() => parseCard(toml, 'blockmesh.toml')), 's3cr', value);
    }
  }
  const w = world(t);
  w.put('network-config', network(`"\\U${SECRET}"`));
  t.match((await w.run()).notes, [{ code: 'yaml_syntax', text: /^network-config line 5: Invalid escape sequence\. / }]);
});

t.test('an address that the network would pass over in silence', async (t) => {
  const w = world(t);
  const good = [
    'address = "10.0.0.2/32"',
    'address = "2001:db8::2/128"\ngateway = "fe80::1"\ndns = ["1.1.1.1", "::1"]',
  ];
  for (const lines of good) {
    w.put('blockmesh.toml', `[network]\n${lines}\n`);
    t.strictSame(codes(await w.run()), [], lines);
  }
  const bad: readonly (readonly [lines: string, key: string])[] = [
    ['address = "192.168.1.20/33"', 'line 2: network.address'],
    ['address = "192.168.1.256/24"', 'line 2: network.address'],
    ['address = "192.168.1/24"', 'line 2: network.address'],
    ['address = "aaaa/1"', 'line 2: network.address'],
    ['address = "2001:db8::2/129"', 'line 2: network.address'],
    ['address = "10.0.0.2/24"\ngateway = "10.0.0"', 'line 3: network.gateway'],
    ['address = "10.0.0.2/24"\ndns = ["1.1.1.1", "...."]', 'line 3: network.dns'],
  ];
  for (const [lines, key] of bad) {
    w.put('blockmesh.toml', `[network]\n${lines}\n`);
    const { notes, settings } = await w.run();
    t.match(notes, [{ code: 'config_invalid' }], lines);
    t.match(notes[0]?.text, key);
    t.match(settings.network, { address: '2001:db8::2/128', gateway: 'fe80::1' }, 'what the board had stays');
  }
});
