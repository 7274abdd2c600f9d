import { statSync, utimesSync } from 'node:fs';
import t from 'tap';
import { FRONT_DOOR, KEY } from '../node/board/card-world.ts';
import { BoardFolders } from './board-folders.ts';

const NODE = 'blockmesh-node.service';
const CARD = `[space]
admin = "Ada"
badge = "0009362416"

${FRONT_DOOR}
[wifi]
ssid = "Nord"
password = "correct horse"

[network]
address = "10.0.0.2/24"

[ssh]
keys = ["${KEY}"]
`;

t.test('the first start, and those after it', async (t) => {
  const board = BoardFolders.make(t);
  board.mount('data', 'size=256m');
  board.putOnCard('blockmesh.toml', CARD);
  t.match(board.run('board-boot'), { code: 0 });
  t.ok(board.read('data/space/ledger.db'), 'there is a space');
  for (const name of ['data/space', 'data/space/keys/node.json', 'data/space/ledger.db', 'data/space/blockmesh.toml']) {
    t.equal(board.owner(name), '12345:12346', `${name} is the node's`);
  }
  t.equal(board.owner('data/board/founder/founder.json'), '0:0', 'the founder’s key is not');
  t.notMatch(board.read('card/blockmesh.toml'), /correct horse|0009362416/);
  t.ok(board.isCardSafe());

  const name = board.read('data/board/hostname') ?? '';
  t.equal(board.read('root/etc/hostname'), name);
  t.match(board.read('root/etc/hosts'), `127.0.1.1 ${name}`);
  t.match(board.read('root/etc/machine-id'), /^[0-9a-f]{32}\n$/);
  t.match(board.read('root/run/systemd/network/70-blockmesh-wired.network'), 'Address=10.0.0.2/24\n');
  t.match(board.read('run/wpa_supplicant.conf'), 'psk="correct horse"');
  t.equal(statSync(board.path('run/wpa_supplicant.conf')).mode & 0o777, 0o600);
  t.match(board.read('run/keep/authorized_keys'), KEY);
  const host = board.read('run/keep/ssh/ssh_host_ed25519_key');
  t.match(host, 'PRIVATE KEY');

  t.match(board.run('board-boot'), { code: 0 });
  t.equal(board.imports(), 1, 'a card that was taken up is not read again');
  t.equal(board.read('run/keep/ssh/ssh_host_ed25519_key'), host, 'the board is still the same to those who know it');
  board.putOnCard('blockmesh.toml', `${board.read('card/blockmesh.toml')}\n[board]\nhostname = "door-1"\n`);
  board.run('board-boot');
  t.equal(board.imports(), 2, 'another card is');
  t.equal(board.read('root/etc/hostname'), 'door-1\n');
  board.put('lib/release.json', '{"version": "1.2.4", "board": "virt-arm64"}\n');
  board.run('board-boot');
  t.equal(board.imports(), 3, 'and so is the card by another release');

  board.putOnCard('blockmesh.toml', '[wifi]\npassword = "battery staple"\n');
  board.program('mount', '#!/bin/sh\nexit 32\n');
  board.run('board-boot', { PATH: process.env.PATH });
  t.match(board.read('card/blockmesh.toml'), 'battery staple');
  t.match(board.read('data/board/notes.txt'), 'the next start tries again', 'a card that cannot be written');
  board.program('mount', '#!/bin/sh\nexec /bin/mount "$@"\n');
  board.run('board-boot');
  t.notMatch(board.read('card/blockmesh.toml'), 'battery staple', 'loses its password at the next start');
  t.equal(board.read('data/board/notes.txt'), '');
  t.ok(board.isCardSafe());

  board.program('blockmesh', '#!/bin/sh\necho "blockmesh: it broke [internal_error]" >&2\nexit 1\n');
  board.putOnCard('blockmesh.toml', '[board]\nhostname = "door-2"\n');
  t.match(board.run('board-boot'), { code: 0 }, 'a program that cannot run keeps no board from starting');
  t.equal(board.read('root/etc/hostname'), 'door-1\n', 'with the last good configuration');
  board.run('board-status');
  t.match(board.read('run/status.txt'), 'The card was not taken up: blockmesh: it broke [internal_error]');

  const applied = () => board.run('board-boot', { BM_IMPORT_S_MAX: '0.1' });
  board.program('blockmesh', '#!/bin/sh\nexec sleep infinity\n');
  board.put('root/etc/hostname', 'blockmesh\n');
  t.match(applied(), { code: 0 }, 'nor does one that never ends');
  t.equal(board.read('root/etc/hostname'), 'door-1\n');
  board.run('board-status');
  t.match(board.read('run/status.txt'), 'The card was not taken up: it was ended (124): the next start tries again');
});

t.test('without a data partition', async (t) => {
  const board = BoardFolders.make(t);
  board.putOnCard('blockmesh.toml', CARD);
  board.put('run/data-fault', 'The data partition is damaged.\n');
  t.match(board.run('board-boot'), { code: 0 });
  t.equal(board.read('data/space/ledger.db'), null, 'nothing is written where it would be mounted');
  t.equal(board.read('data/board/settings.json'), null);
  t.match(board.read('run/keep/authorized_keys'), KEY, 'one can log in');
  t.match(board.read('run/wpa_supplicant.conf'), 'correct horse', 'by Wi-Fi too');
  t.equal(board.read('card/blockmesh.toml'), CARD, 'and the card keeps what nobody else has');
  board.unit(NODE, { ActiveState: 'inactive', SubState: 'dead' });
  board.run('board-status');
  t.match(board.read('run/status.txt'), /Door +does NOT work/);
  t.match(board.read('run/status.txt'), '- The data partition is damaged.');
  t.match(board.read('run/status.txt'), '- The node does not run.');
});

t.test('a data partition on which nothing can be kept', async (t) => {
  const board = BoardFolders.make(t);
  board.mount('data', 'size=1m,nr_inodes=1');
  board.putOnCard('blockmesh.toml', CARD);
  t.match(board.run('board-boot'), { code: 0 });
  t.match(board.read('run/keep/authorized_keys'), KEY, 'one can log in, and make room');
  t.match(board.read('run/wpa_supplicant.conf'), 'correct horse');
  t.equal(board.read('card/blockmesh.toml'), CARD, 'and the card keeps what nobody else has');
  board.run('board-status');
  t.match(board.read('run/status.txt'), /- The card was not taken up: .*ENOSPC/);
  t.match(board.read('run/status.txt'), /^SSH +ssh -p 22222/m);
});

t.test('a clock that was never set', async (t) => {
  const board = BoardFolders.make(t);
  board.mount('data', 'size=256m');
  board.program('blockmesh', '#!/bin/sh\nexit 0\n');
  board.program('date', '#!/bin/sh\ncase "$1" in +%s) echo 100;; -s) echo "$2" >>"$UNITS/set";; esac\n');
  board.run('board-boot');
  t.equal(board.read('units/set'), null, 'the first start knows nothing better');
  utimesSync(board.path('data/board/clock'), 1_800_000_000, 1_800_000_000);
  board.run('board-boot');
  t.equal(board.read('units/set'), '@1800000000\n');

  const kept = () => statSync(board.path('data/board/clock')).mtimeMs / 1000;
  const before = Math.floor(Date.now() / 1000);
  board.program('date', `#!/bin/sh\ncase "$1" in +%s) echo ${before};; esac\n`);
  for (const [at, isAnew] of [
    [before - 1_800, false],
    [before - 3_600, true],
    [before + 86_400 * 365, true],
  ] as const) {
    utimesSync(board.path('data/board/clock'), at, at);
    board.run('board-status');
    t.equal(kept() !== at, isAnew, `kept as ${at - before} s from now`);
  }
});

t.test('what a board says of itself', async (t) => {
  const board = BoardFolders.make(t);
  board.mount('data', 'size=256m');
  board.program('blockmesh', '#!/bin/sh\nexit 0\n');
  board.run('board-boot');
  board.put('data/board/hostname', 'door-1\n');
  board.put('units/addresses', '192.168.1.20 fe80::1 2001:db8::2 \n');
  board.unit(NODE, { ActiveState: 'active', SubState: 'running', StatusText: '2 doors <ok>' });
  t.match(board.run('board-status'), { code: 0, text: '' });
  const text = board.read('run/status.txt') ?? '';
  t.match(text, 'Board    door-1.local (virt-arm64, version 1.2.3)\n');
  t.match(text, 'Address  192.168.1.20 2001:db8::2\n');
  t.match(text, 'Door     works: 2 doors <ok>\n');
  t.match(text, 'SSH      off');
  t.match(text, 'Nothing is wrong.\n');
  t.equal(board.read('console'), text.replaceAll('\n', '\r\n'));
  t.equal(board.read('issue/blockmesh.issue'), text);
  t.match(board.read('run/www/index.html'), '2 doors &lt;ok&gt;');

  const card = statSync(board.path('card/status.txt'));
  t.equal(card.size, 4096);
  t.equal(board.read('card/status.txt')?.trimEnd(), text.trimEnd().replaceAll('\n', '\r\n'), 'for Windows');
  board.put('console', '');
  board.run('board-status');
  t.equal(statSync(board.path('card/status.txt')).mtimeMs, card.mtimeMs, 'nothing new, nothing written');
  t.equal(board.read('console'), '');
  board.put('data/board/notes.txt', 'blockmesh.toml line 3: wifi.pasword is not a known key. \u001b[31mRemove it.\n');
  board.put('units/journal', '{"level":50,"msg":"a \\u001b problem"}\n{"level":30,"msg":"fine"}\n');
  board.run('board-status');
  const after = statSync(board.path('card/status.txt'));
  t.equal(after.ino, card.ino, 'in place');
  t.equal(after.size, 4096);
  t.match(
    board.read('card/status.txt'),
    '- blockmesh.toml line 3: wifi.pasword is not a known key. [31mRemove it.\r\n',
  );
  t.notMatch(board.read('console'), '\u001b', 'nothing that a terminal would obey');
  t.match(board.read('run/status.txt'), 'Last error of the node: a ');
  t.notMatch(board.read('run/status.txt'), 'fine');
  t.ok(board.isCardSafe());

  board.put('data/board/notes.txt', 'x'.repeat(9_000));
  board.run('board-status');
  t.equal(statSync(board.path('card/status.txt')).size, 4096, 'however much there is to tell');
  for (let write = 0; write < 25; write += 1) {
    board.put('data/board/notes.txt', `problem ${write}\n`);
    board.run('board-status');
  }
  t.match(board.read('card/status.txt'), 'problem 16', 'what changes all the time is not written all the time');
  t.match(board.read('run/status.txt'), 'problem 24', 'but told elsewhere');
  utimesSync(board.path('run/card-writes'), 1, 1);
  board.run('board-status');
  t.match(board.read('card/status.txt'), 'problem 24', 'after an hour there too');
});

t.test('a full card', async (t) => {
  const board = BoardFolders.make(t);
  board.mount('data', 'size=60m');
  board.program('blockmesh', '#!/bin/sh\nexit 0\n');
  board.run('board-boot');
  board.unit(NODE, { ActiveState: 'failed', SubState: 'failed', Result: 'exit-code' });
  board.run('board-status');
  t.match(board.read('run/status.txt'), '- The card is nearly full: the door goes on');
  t.match(board.read('run/status.txt'), `- ${NODE} has failed (exit-code)`);
});
