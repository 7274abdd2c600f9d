import t from 'tap';
import { parseNetworkConfig } from '../../../src/node/board/network-config.ts';
import { parseUserData } from '../../../src/node/board/user-data.ts';

/** Files as Raspberry Pi Imager 2 writes them (`CustomisationGenerator` in its sources), and as people write them. */

const PSK = '0123456789abcdef'.repeat(4);
const KEY = `ssh-ed25519 ${'A'.repeat(68)} ada@laptop`;

const USER_DATA = `#cloud-config
hostname: front-door
manage_etc_hosts: true
packages:
- avahi-daemon
apt:
  conf: |
    Acquire {
      Check-Date "false";
    };
timezone: Europe/Berlin
keyboard:
  model: pc105
  layout: "de"
enable_ssh: true
users:
- name: ada
  groups: users,adm,dialout,sudo
  shell: /bin/bash
  lock_passwd: true
  ssh_authorized_keys:
    - ${KEY}
  sudo: ALL=(ALL) NOPASSWD:ALL
runcmd:
  - [ rfkill, unblock, wifi ]
  - [ sh, -c, "for f in /var/lib/systemd/rfkill/*:wlan; do echo 0 > \\"$f\\"; done" ]
`;

const NETWORK = `network:
  version: 2
  wifis:
    wlan0:
      dhcp4: true
      regulatory-domain: "DE"
      access-points:
        "Werk \\"1\\" é":
          hidden: true
          password: "${PSK}"
      optional: true
`;

t.test('user-data', async (t) => {
  const { board, ssh, notes, masks } = await parseUserData(USER_DATA, 'user-data');
  t.strictSame(board, { hostname: 'front-door', timezone: 'Europe/Berlin' });
  t.strictSame(ssh, { keys: [KEY] });
  t.strictSame([notes, masks], [[], []]);
  const windows = await parseUserData(`\uFEFF${USER_DATA.replaceAll('\n', '\r\n')}`, 'user-data');
  t.strictSame(windows.board, board);
  t.strictSame(windows.ssh, ssh);
  t.strictSame((await parseUserData('#cloud-config\n', 'user-data')).board, {}, 'nothing is nothing');
});

t.test('a password is never taken, and that is said', async (t) => {
  const hash = '$5$salt$hash';
  const text = `hostname: door\nssh_pwauth: true\nusers:\n- name: pi\n  lock_passwd: false\n  passwd: ${hash}\n`;
  const patch = await parseUserData(text, 'user-data');
  t.strictSame(
    patch.notes.map(({ code }) => code),
    ['password_ignored'],
  );
  t.notMatch(JSON.stringify(patch), hash);
});

t.test('what means nothing here is told with its line', async (t) => {
  const { notes } = await parseUserData('hostname: door\nwrite_files:\n- path: /etc/passwd\n', 'user-data');
  t.strictSame(
    notes.map(({ code }) => code),
    ['user_data_ignored'],
  );
  t.match(notes[0]?.text, /^user-data line 3: write_files|^user-data line 2: write_files/);
});

t.test('network-config', async (t) => {
  const patch = await parseNetworkConfig(NETWORK, 'network-config');
  t.strictSame(patch.wifi, { ssid: 'Werk "1" é', hidden: true, open: false, password: PSK, country: 'DE' });
  const [mask] = patch.masks;
  if (mask === undefined) throw new Error('the key is masked');
  const bytes = Buffer.from(NETWORK);
  t.equal(bytes.toString('utf8', mask.start, mask.end), `"${PSK}"`);
  bytes.write(mask.text, mask.start);
  const again = await parseNetworkConfig(bytes.toString(), 'network-config');
  t.strictSame(again.wifi, { ssid: 'Werk "1" é', hidden: true, open: false, country: 'DE' }, 'the masked file is read');
  t.strictSame(again.masks, []);
});

t.test('network-config, by hand', async (t) => {
  const { wifi, network, masks } = await parseNetworkConfig(
    `version: 2
ethernets:
  eth0:
    dhcp4: no
    addresses: [192.168.1.20/24]
    routes: [{ to: default, via: 192.168.1.1 }]
    nameservers: { addresses: [1.1.1.1, 9.9.9.9] }
wifis:
  wlan0:
    access-points:
      0123:
        auth: { key-management: psk, password: 00001234 }
`,
    'network-config',
  );
  t.strictSame(network, { address: '192.168.1.20/24', gateway: '192.168.1.1', dns: ['1.1.1.1', '9.9.9.9'] });
  t.match(wifi, { ssid: '0123', password: '00001234' }, 'digits are no numbers');
  t.equal(masks.length, 1);
  const open = await parseNetworkConfig('wifis: {wlan0: {access-points: {cafe: {password: ""}}}}', 'network-config');
  t.strictSame(open.wifi, { ssid: 'cafe', hidden: false, open: true });
  t.strictSame((await parseNetworkConfig('network: {version: 2, ethernets: {eth0: {dhcp4: true}}}', 'n')).network, {
    dhcp: true,
  });
});

t.test('hostile files', async (t) => {
  const bombs = `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nhostname: *c\n`;
  const wrong: readonly (readonly [string, string])[] = [
    ['hostname: "door\n', 'yaml_syntax'],
    ['- a\n- b\n', 'yaml_syntax'],
    ['just words', 'yaml_syntax'],
    ['hostname: a\nhostname: b\n', 'yaml_syntax'],
    ['a: 1\n---\nb: 2\n', 'yaml_syntax'],
    [bombs, 'yaml_syntax'],
    [`${'['.repeat(20_000)}`, 'yaml_syntax'],
    [`users: ${'['.repeat(9_000)}${']'.repeat(9_000)}`, 'yaml_syntax'],
    ['hostname: ../../etc\n', 'config_invalid'],
    ['hostname: a b\n', 'config_invalid'],
  ];
  for (const [text, code] of wrong) await t.rejects(parseUserData(text, 'user-data'), { code }, text.slice(0, 40));
  const country = 'wifis: {wlan0: {regulatory-domain: "D\\nE", access-points: {a: {password: "12345678"}}}}';
  await t.rejects(parseNetworkConfig(country, 'network-config'), { code: 'config_invalid' });
  for (const name of ['__proto__', 'constructor']) {
    await parseUserData(`${name}: {hostname: x}\n`, 'user-data').catch(() => {});
    t.equal(({} as { hostname?: string }).hostname, undefined);
  }
});
