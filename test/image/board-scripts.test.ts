import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BOOT_BOARDS } from '../../image/boot/boards.ts';
import { fillFat } from '../../image/boot/fat-files.ts';
import { RELEASE } from '../machine/release.ts';

/** Programs of the card, in dash, with the programs around them replaced where they would touch this machine. */

const LIB = join(RELEASE, 'image/rootfs/usr/lib/blockmesh');

class Board {
  readonly folder: string;

  constructor(t: Test) {
    this.folder = mkdtempSync(join(tmpdir(), 'bm-board-'));
    t.teardown(() => rmSync(this.folder, { recursive: true }));
    mkdirSync(this.path('bin'));
    mkdirSync(this.path('card'));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  read(name: string): string {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : '';
  }

  /** Puts a program of this name before the machine's own. Its words are added to the file `calls`. */
  replace(name: string, script: string): void {
    this.write(`bin/${name}`, `#!/bin/sh\necho "${name} $*" >>${this.path('calls')}\n${script}\n`);
    chmodSync(this.path(`bin/${name}`), 0o755);
  }

  run(program: string, env: Readonly<Record<string, string>>, ...words: readonly string[]) {
    const PATH = `${this.path('bin')}:${process.env.PATH}`;
    const { status, stdout, stderr } = spawnSync('dash', [join(LIB, program), ...words], {
      encoding: 'utf8',
      env: { PATH, TMPDIR: this.folder, ...env },
    });
    return { code: status, said: stdout, complained: stderr };
  }
}

function levelsOn(board: Board, model: string) {
  board.write('model', model);
  return board.run('early-levels', {
    BLOCKMESH_CARD: board.path('card'),
    BLOCKMESH_PINS_OPTIONS: board.path('options'),
    BLOCKMESH_PINS_TABLES: join(LIB, 'pins'),
    BLOCKMESH_MODEL: board.path('model'),
  });
}

const PI = 'raspberrypi,3-model-b\0brcm,bcm2837\0';
const BEAGLE = 'ti,am335x-bone-black\0ti,am335x-bone\0ti,am33xx\0';
const output = (name: string, pin: string, safe: string) => {
  return `--output ${name},${pin},active=${safe === 'low' ? 'high' : 'low'},safe=${safe},longest=5000\n`;
};

t.test('safe levels on a Raspberry Pi', async (t) => {
  const board = new Board(t);
  board.replace('mount', 'exit 0');
  const pi = BOOT_BOARDS.rpi;
  if (pi === undefined) throw new Error('there is no rpi');
  const options =
    output('door', 'line=GPIO17', 'low') +
    '--input button,line=GPIO5,active=low,bias=up,debounce=20\n' +
    output('strike', 'chip=pinctrl-bcm2711,offset=27', 'low') +
    output('lathe', 'chip=pinctrl-bcm2835,line=SDA1', 'high') +
    output('elsewhere', 'chip=pcf8574,offset=4', 'low');
  board.write('options', options);
  t.match(levelsOn(board, PI), { code: 0, complained: '' });
  const text = board.read('card/levels.txt');
  t.equal(text.length, 512);
  t.strictSame(text.trimEnd().split('\n').slice(1), ['gpio=17,27=op,dl', 'gpio=2=op,dh']);
  t.equal(
    board
      .read('calls')
      .split('\n')
      .filter((line) => line.includes('remount')).length,
    2,
    'writable, and not',
  );
  t.equal(levelsOn(board, PI).code, 0);
  t.equal(
    board
      .read('calls')
      .split('\n')
      .filter((line) => line !== '').length,
    2,
    'the same again is not written',
  );

  board.write('options', '');
  t.equal(levelsOn(board, PI).code, 0);
  t.match(board.read('card/levels.txt'), pi.levels?.text, 'as on a new card');
  t.equal(board.read('card/levels.txt').trimEnd(), pi.levels?.text.trimEnd());
});

t.test('safe levels on a BeagleBone, and nowhere else', async (t) => {
  const board = new Board(t);
  board.replace('mount', 'exit 0');
  const beagle = BOOT_BOARDS.beaglebone;
  if (beagle === undefined) throw new Error('there is no beaglebone');
  fillFat(beagle, board.path('card'), 0);
  board.write('options', '');
  t.equal(levelsOn(board, BEAGLE).code, 0);
  t.equal(board.read('calls'), '', 'a new card says just that');
  const options =
    output('door', 'line=P9_12', 'low') +
    output('strike', 'chip=gpio-64-95,offset=3', 'low') +
    output('lathe', 'line=P9_26 [uart1_rxd]', 'high');
  board.write('options', options);
  t.equal(levelsOn(board, 'linux,dummy-virt\0').code, 0);
  t.equal(board.read('calls'), '', 'no other board drives its lines');
  t.match(levelsOn(board, BEAGLE), { code: 0, complained: '' });
  t.strictSame(board.read('card/levels.env').trimEnd().split('\n'), ['levels_low=60 67', 'levels_high=14']);
});

t.test('a card that cannot be written', async (t) => {
  const board = new Board(t);
  board.replace('mount', 'case "$*" in *rw*) echo "mount: it is locked" >&2; exit 32 ;; esac');
  board.replace('sleep', 'exit 0');
  board.write('options', output('door', 'line=GPIO17', 'low'));
  const { code, complained } = levelsOn(board, PI);
  t.equal(code, 1);
  t.match(complained, /levels\.txt cannot be written: mount: it is locked\n.*see whether/);
  t.equal(board.read('card/levels.txt'), '');
});

/** A board whose node is as `states` says, one word a look: the name of a life that is healthy, or `-`. */
function slotGood(t: Test, states: readonly string[], trial: string) {
  const board = new Board(t);
  board.write('states', states.map((one) => `${one}\n`).join(''));
  board.write('uptime', '100.25 90.00\n');
  const is = `is=$(head -n 1 ${board.path('states')})`;
  const next = `[ "$(wc -l <${board.path('states')})" -eq 1 ] || sed -i 1d ${board.path('states')}`;
  board.replace(
    'systemctl',
    `${is}; case "$1" in is-active) [ "$is" != - ] ;; show) echo "$is" ;; reboot) exit 0 ;; esac`,
  );
  board.replace(
    'sleep',
    `${next}; echo "$(($(cut -d . -f 1 ${board.path('uptime')}) + $1)).5 0" >${board.path('uptime')}`,
  );
  board.replace('slot-state', `case "$1" in get-current) echo B ;; get-trial) echo ${trial} ;; esac`);
  const ended = board.run('slot-good', {
    BLOCKMESH_UPTIME: board.path('uptime'),
    BLOCKMESH_SLOT_STATE_PROGRAM: board.path('bin/slot-state'),
  });
  const calls = board.read('calls').split('\n');
  const tookS = Number(board.read('uptime').split('.')[0]) - 100;
  return {
    ...ended,
    isGood: calls.includes('slot-state set-good'),
    isRestarted: calls.includes('systemctl reboot'),
    tookS,
  };
}

t.test('a slot is good once the node has been healthy for a minute', async (t) => {
  t.match(slotGood(t, ['-', '-', 'one'], 'B'), { code: 0, isGood: true, isRestarted: false, tookS: 70 });
  const again = slotGood(t, [...Array(11).fill('one'), 'two'], '');
  t.match(again, { isGood: true, tookS: 115 }, 'a node that started again begins anew');
});

t.test('a slot on trial has ten minutes', async (t) => {
  const flapping = Array.from({ length: 400 }, (_, at) => (at % 10 === 0 ? '-' : `life${Math.floor(at / 10)}`));
  t.match(slotGood(t, flapping, 'B'), { code: 0, isGood: false, isRestarted: true, tookS: 600 });
  const late = [...Array(200).fill('-'), 'one'];
  t.match(
    slotGood(t, late, 'A'),
    { isGood: true, isRestarted: false, tookS: 1060 },
    'one that was good has all the time',
  );
});
