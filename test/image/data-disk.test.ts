import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { LoopCard } from './loop-card.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
const START = 1700 * MIB;
const PHRASE = 'erase everything on this board';

const word = (card: LoopCard, name: string) =>
  existsSync(card.path(`run/${name}`)) ? readFileSync(card.path(`run/${name}`), 'utf8') : null;

function keep(card: LoopCard): void {
  card.mounted((folder) => writeFileSync(`${folder}/kept`, 'by the board'));
}

const isKept = (card: LoopCard) => card.mounted((folder) => existsSync(`${folder}/kept`));

/** A folder with a program that ends the script that runs it, as a power cut would, after doing what `first` says. */
function cutAt(t: Test, program: string, first = ''): string {
  const folder = t.testdir();
  const file = `${folder}/${program}`;
  writeFileSync(file, `#!/bin/sh\n${first}\nkill -KILL $PPID\n`);
  chmodSync(file, 0o755);
  return folder;
}

t.test('cards of 4 GB and of 128 GB', async (t) => {
  for (const bytes of [4_000_000_000, 128_000_000_000]) {
    const card = LoopCard.make(t, bytes);
    keep(card);
    const before = card.begin(1_024);
    t.match(card.run('partition'), { code: 0 });
    const wanted = Math.floor((bytes - START) / MIB) * MIB;
    t.strictSame(card.lengths(), [wanted, wanted]);
    const after = card.begin(1_024);
    const changed = [...after.keys()].filter((at) => after[at] !== before[at]);
    t.ok(
      changed.every((at) => at >= 490 && at < 494),
      'four bytes of the card are written',
    );
    t.ok(isKept(card));
    t.match(card.run('partition'), { code: 0, text: '' }, 'a second start has nothing to do, and says nothing');
  }
});

t.test('a power cut between table and kernel', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  keep(card);
  card.run('partition', cutAt(t, 'partx'));
  const [table, kernel] = card.lengths();
  t.equal(table, 4 * GIB - START, 'the table was written');
  t.equal(kernel, 128 * MIB, 'and the kernel not told');
  t.match(card.run('partition'), { code: 0 });
  t.equal(card.lengths()[1], 4 * GIB - START);
  t.ok(isKept(card));
});

t.test('a table that is not ours is left alone', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  for (const [at, byte] of [
    [510, 0],
    [482, 0x0c],
    [487, 0],
  ] as const) {
    const old = card.begin(1);
    card.overwrite(card.device, at, Uint8Array.of(byte));
    t.match(card.run('partition'), { code: 0 }, 'the board works all the same');
    t.match(word(card, 'grow-fault'), 'not the one of the image');
    t.equal(card.lengths()[1], 128 * MIB);
    card.overwrite(card.device, 0, old);
  }
  t.match(card.run('partition'), { code: 0 });
  t.equal(word(card, 'grow-fault'), null, 'told no longer than it is so');
});

t.test('the wish to reset', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  keep(card);
  for (const [name, text] of [
    ['reset', ''],
    ['reset.txt', 'yes'],
    ['reset', `do not ${PHRASE}`],
    ['reset', `${PHRASE} `.repeat(2)],
  ] as const) {
    card.put(name, text);
    t.match(card.run('partition'), { code: 0 });
    t.match(word(card, 'reset-fault'), PHRASE, 'what it would have to say is told');
    t.ok(isKept(card), `${name}: ${text}`);
    card.remove(name);
  }
  t.match(card.run('partition'), { code: 0 });
  t.equal(word(card, 'reset-fault'), null);
  for (const [name, text] of [
    ['reset', PHRASE],
    ['reset.txt', '\uFEFF Erase everything\r\non this  board.\r\n\r\n'],
  ] as const) {
    keep(card);
    card.put(name, text);
    t.match(card.run('partition'), { code: 0 });
    t.notOk(isKept(card), `${name}: ${text}`);
    t.match(word(card, 'reset-done'), 'was erased');
    t.notOk(existsSync(card.path(`card/${name}`)), 'once');
  }
});

t.test('a wish to reset on a card that cannot be written', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  keep(card);
  const folder = card.path('card');
  execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  t.teardown(() => execFileSync('umount', [folder]));
  card.put('reset', PHRASE);
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  const programs = t.testdir({ mount: '#!/bin/sh\nexit 32\n', rm: '#!/bin/sh\nexit 1\n' });
  for (const name of ['mount', 'rm']) chmodSync(`${programs}/${name}`, 0o755);
  t.match(card.run('partition', programs), { code: 0 });
  t.ok(isKept(card), 'erases nothing: it would do so at each start');
  t.match(word(card, 'reset-fault'), 'cannot be written');
  t.equal(word(card, 'reset-done'), null);

  execFileSync('mount', ['-o', 'remount,rw', folder]);
  t.match(card.run('partition', programs), { code: 0 });
  t.notOk(isKept(card));
  t.match(word(card, 'reset-fault'), 'delete it, or the next start erases the board again');
});

t.test('a power cut in a reset', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  keep(card);
  card.put('reset', PHRASE);
  const half = `dd if=/dev/zero of=${card.part} bs=4096 count=8 conv=notrunc,fsync status=none`;
  card.run('partition', cutAt(t, 'mke2fs', half));
  t.match(card.run('partition'), { code: 0 }, 'what was begun is done');
  t.notOk(isKept(card));
  t.notOk(existsSync(card.path('card/reset')));
});

t.test('a damaged data partition is never formatted', async (t) => {
  const card = LoopCard.make(t, 4 * GIB);
  card.run('partition');
  keep(card);
  // As the kernel does it while it is mounted, for those who may.
  execFileSync('e2fsck', ['-fp', card.part]);
  execFileSync('resize2fs', [card.part], { stdio: 'ignore' });
  // The super block, of which a file system that was grown has copies: this is mended, and told.
  card.overwrite(card.part, 1024, new Uint8Array(1024));
  t.match(card.run('partition'), { code: 0 });
  t.match(word(card, 'data-mended'), 'mended');
  t.ok(isKept(card));
  // Its UUID, of the copy of the super block that lies behind what is destroyed.
  const copy = `skip=${32768 * 4096 + 0x68}`;
  const dd = [`if=${card.part}`, 'bs=16', 'count=1', copy, 'iflag=skip_bytes', 'status=none'];
  const uuid = () => execFileSync('dd', dd, { encoding: 'hex' });
  card.overwrite(card.part, 0, new Uint8Array(256 * 1024).fill(0xa5));
  execFileSync('dd', ['if=/dev/urandom', `of=${card.part}`, 'bs=1M', 'count=64', 'conv=notrunc,fsync', 'status=none']);
  const before = uuid();
  t.ok(before);
  t.match(card.run('partition'), { code: 1 });
  const told = word(card, 'data-fault') ?? '';
  t.match(told, /damaged.*not formatted.*door stays shut/);
  t.match(told, PHRASE, 'and what to do');
  t.equal(uuid(), before, 'it is still that file system, for whoever can save something of it');
  card.put('reset.txt', PHRASE);
  t.match(card.run('partition'), { code: 0 }, 'whoever has it erased has a board again');
  t.equal(word(card, 'data-fault'), null);
  t.notOk(isKept(card));
  t.not(uuid(), before);
});
