import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { CARD, codes, world } from './card-world.ts';

/** Cards that somebody made to do harm, or had bad luck with. */

const SECRET = 's3cret-pass';

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
