import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { STATE_COPY_BYTES, STATE_COPY_DISTANCE_BYTES } from '../../image/boot/layout.ts';
import { decodeSlotStates, encodeSlotState, type SlotState } from '../../image/boot/slot-state.ts';
import { RELEASE } from '../machine/release.ts';

const PROGRAM = join(RELEASE, 'image/rootfs/usr/lib/blockmesh/slot-state');
/** The board has dash; busybox has other builds of every tool that the program uses. */
const SHELLS = [['dash'], ['busybox', 'sh']].filter(([shell = '']) => existsSync(`/bin/${shell}`));
const NEW: SlotState = { generation: '1', BOOT_ORDER: 'A B', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3' };

interface Answer {
  readonly code: number | null;
  readonly said: string;
  readonly complained: string;
}

class Card {
  readonly #folder: string;
  readonly #shell: readonly string[];
  readonly path: string;

  constructor(t: Test, shell: readonly string[], state: SlotState = NEW) {
    this.#folder = mkdtempSync(join(tmpdir(), 'bm-slot-state-'));
    this.#shell = shell;
    this.path = join(this.#folder, 'state');
    t.teardown(() => rmSync(this.#folder, { recursive: true }));
    writeFileSync(this.path, encodeSlotState(state));
    this.startFrom('A');
  }

  startFrom(slot: string): void {
    writeFileSync(join(this.#folder, 'cmdline'), `root=PARTUUID=b10c0001-06 ro blockmesh.slot=${slot} quiet\n`);
  }

  run(...words: readonly string[]): Answer {
    const [shell = 'sh', ...first] = this.#shell;
    const env = {
      PATH: process.env.PATH,
      TMPDIR: this.#folder,
      BLOCKMESH_SLOT_STATE: this.path,
      BLOCKMESH_CMDLINE: join(this.#folder, 'cmdline'),
    };
    const { status, stdout, stderr } = spawnSync(shell, [...first, PROGRAM, ...words], { encoding: 'utf8', env });
    return { code: status, said: stdout.trim(), complained: stderr };
  }

  get copies(): readonly (SlotState | undefined)[] {
    return decodeSlotStates(readFileSync(this.path));
  }

  /** Lets `change` work on the bytes of the partition. */
  change(change: (bytes: Buffer) => void): void {
    const bytes = readFileSync(this.path);
    change(bytes);
    writeFileSync(this.path, bytes);
  }
}

t.ok(SHELLS.length > 0, 'there is a shell to test with');

t.test('a card that keeps nothing of what is written to it', async (t) => {
  if (process.getuid?.() !== 0) throw new Error('loop devices are for root: run the tests of the image as root');
  const folder = mkdtempSync(join(tmpdir(), 'bm-slot-state-'));
  t.teardown(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'state');
  writeFileSync(file, encodeSlotState(NEW));
  const device = execFileSync('losetup', ['--show', '-f', file], { encoding: 'utf8' }).trim();
  t.teardown(() => execFileSync('losetup', ['-d', device]));
  const run = (slot: string) => {
    const env = { PATH: `${folder}:${process.env.PATH}`, TMPDIR: folder, BLOCKMESH_SLOT_STATE: device };
    return spawnSync('dash', [PROGRAM, 'set-primary', slot], { encoding: 'utf8', env });
  };
  t.match(run('B'), { status: 0, stderr: '' });
  t.match(decodeSlotStates(readFileSync(file))[1], { BOOT_ORDER: 'B A' });
  // Memory gives back what was written, and the card does not.
  const dd = execFileSync('which', ['dd'], { encoding: 'utf8' }).trim();
  const forgets = `case "$*" in *iflag=direct*) head -c ${STATE_COPY_BYTES} /dev/zero ;; *) exec ${dd} "$@" ;; esac`;
  writeFileSync(join(folder, 'dd'), `#!/bin/sh\n${forgets}\n`);
  chmodSync(join(folder, 'dd'), 0o755);
  t.match(run('A'), { status: 1, stderr: /does not hold what was written.*\n.*worn out/ });
});

for (const shell of SHELLS) {
  t.test(`${shell.join(' ')}: what RAUC asks for`, async (t) => {
    const card = new Card(t, shell);
    t.equal(card.run('get-current').said, 'A');
    t.equal(card.run('get-primary').said, 'A');
    t.equal(card.run('get-state', 'B').said, 'good');
    t.equal(card.run('get-trial').said, '');

    t.equal(card.run('set-state', 'B', 'bad').code, 0);
    t.equal(card.run('get-state', 'B').said, 'bad');
    t.match(card.copies[1], { BOOT_ORDER: 'A', BOOT_B_LEFT: '0', generation: '2' }, 'the older copy was written');
    t.strictSame(card.copies[0], NEW, 'and the other was not');

    t.equal(card.run('set-primary', 'B').code, 0);
    t.equal(card.run('get-primary').said, 'B');
    t.equal(card.run('get-state', 'B').said, 'good');
    t.equal(card.run('get-trial').said, 'B');
    const trial = { generation: '3', BOOT_ORDER: 'B A', BOOT_A_LEFT: '3', BOOT_B_LEFT: '3', BOOT_TRIAL: 'B' };
    t.strictSame(card.copies[0], trial);

    card.startFrom('B');
    t.equal(card.run('set-good').code, 0);
    t.equal(card.run('get-trial').said, '', 'it was seen healthy');
    t.match(card.copies[1], { generation: '1', BOOT_ORDER: 'B A', BOOT_B_LEFT: '3' });
  });

  t.test(`${shell.join(' ')}: good gives a slot all its tries again`, async (t) => {
    const card = new Card(t, shell, { ...NEW, BOOT_A_LEFT: '0', BOOT_B_LEFT: '1', BOOT_TRIAL: 'B' });
    t.equal(card.run('get-primary').said, 'B', 'a slot without tries is not started');
    t.equal(card.run('set-good').code, 0);
    t.match(card.copies[1], { BOOT_A_LEFT: '3', BOOT_B_LEFT: '1', BOOT_TRIAL: 'B' });
    const before = readFileSync(card.path);
    t.equal(card.run('set-good').code, 0);
    t.ok(before.equals(readFileSync(card.path)), 'what is so already is not written again');
  });

  t.test(`${shell.join(' ')}: the last slot stays in the order`, async (t) => {
    const card = new Card(t, shell);
    for (const slot of ['A', 'B']) t.equal(card.run('set-state', slot, 'bad').code, 0);
    t.match(card.copies[0], { BOOT_ORDER: 'B', BOOT_A_LEFT: '0', BOOT_B_LEFT: '0' });
    t.equal(card.run('get-primary').said, 'B');
  });

  t.test(`${shell.join(' ')}: damaged copies`, async (t) => {
    const card = new Card(t, shell, { ...NEW, BOOT_ORDER: 'B A' });
    card.change((bytes) => bytes.writeUInt8(1, STATE_COPY_BYTES - 1));
    t.equal(card.run('get-primary').said, 'B', 'the other copy is taken');
    t.equal(card.run('set-state', 'A', 'bad').code, 0);
    t.match(card.copies[0], { BOOT_ORDER: 'B', generation: '1' }, 'the damaged one is written');

    card.change((bytes) => {
      bytes.writeUInt8(1, STATE_COPY_BYTES - 1);
      bytes.fill(0xff, STATE_COPY_DISTANCE_BYTES, STATE_COPY_DISTANCE_BYTES + 9);
    });
    const answer = card.run('get-primary');
    t.equal(answer.said, 'A', 'as with a new card');
    t.match(answer.complained, /both copies of the state are damaged/);
    t.equal(card.run('set-primary', 'B').code, 0);
    t.match(card.copies[0], { BOOT_ORDER: 'B A', generation: '1' });
  });

  t.test(`${shell.join(' ')}: what only a mistake could have written`, async (t) => {
    const wild = { generation: '7', BOOT_ORDER: 'C $(reboot)', BOOT_A_LEFT: '99', BOOT_B_LEFT: 'x' };
    const card = new Card(t, shell, wild);
    const shown = card.run('show').said.split('\n');
    t.strictSame(shown, ['generation=7', 'BOOT_ORDER=A B', 'BOOT_A_LEFT=0', 'BOOT_B_LEFT=0']);
    t.equal(card.run('set-good').code, 0);
    t.match(card.copies[1], { generation: '1', BOOT_A_LEFT: '3', BOOT_B_LEFT: '0' });
  });

  t.test(`${shell.join(' ')}: what is refused`, async (t) => {
    const card = new Card(t, shell);
    const before = readFileSync(card.path);
    for (const words of [['set-primary', 'C'], ['set-state', 'A', 'fine'], ['set-primary'], ['get-state', 'A', 'B']]) {
      const { code, complained } = card.run(...words);
      t.equal(code, 1, words.join(' '));
      t.match(complained, /^slot-state: .+\nslot-state: .+\n$/s, 'what happened, and what to do');
    }
    t.equal(card.run('format').code, 2);
    t.match(card.run('--help').said, /examples:/);
    card.startFrom('');
    t.equal(card.run('set-good').code, 1, 'a system that was not started from a slot');
    t.ok(before.equals(readFileSync(card.path)), 'nothing was written');
    rmSync(card.path);
    t.match(card.run('show'), { code: 1, complained: /cannot be read/ });
    t.match(card.run('set-good'), { code: 1 });
  });
}

t.test('power fails while a copy is written: the state is the old one or the new one', async (t) => {
  const [shell = []] = SHELLS;
  const card = new Card(t, shell, { ...NEW, BOOT_B_LEFT: '1' });
  const old = readFileSync(card.path);
  t.equal(card.run('set-primary', 'B').code, 0);
  const whole = readFileSync(card.path);
  const sectors = STATE_COPY_BYTES / 512;
  const property = fc.property(fc.array(fc.boolean(), { minLength: sectors, maxLength: sectors }), (written) => {
    const torn = Buffer.from(old);
    written.forEach((isWritten, sector) => {
      const at = STATE_COPY_DISTANCE_BYTES + sector * 512;
      if (isWritten) whole.copy(torn, at, at, at + 512);
    });
    writeFileSync(card.path, torn);
    const { code, said, complained } = card.run('get-primary');
    // Where all sectors that differ were written, the new state stands; else the old one does.
    const isNew = torn.equals(whole);
    return code === 0 && complained === '' && said === (isNew ? 'B' : 'A');
  });
  fc.assert(property, { numRuns: 20, examples: [[Array(sectors).fill(true)], [Array(sectors).fill(false)]] });
});
