import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { ENGINE_FLAGS } from '../../src/cli/engine-flags.ts';
import { newFolder } from '../store/open-store.ts';

/** The folders of a board, the card and the data partition mounted as they are there, and the scripts that work on them. */

const RELEASE = join(import.meta.dirname, '../..');
const LIB = join(RELEASE, 'image/rootfs/usr/lib/blockmesh');
const MAIN = join(RELEASE, 'src/cli/main.ts');

/** What systemd says of the units, in the tests. */
const SYSTEMCTL = `#!/bin/sh
for unit; do :; done
eval "cat \\"$UNITS/$unit.$4\\"" 2>/dev/null
`;

interface Ran {
  readonly code: number | null;
  readonly text: string;
}

export class BoardFolders {
  readonly #root: string;
  readonly #environment: NodeJS.ProcessEnv;

  private constructor(root: string) {
    this.#root = root;
    const path = (name: string) => join(root, name);
    this.#environment = {
      BM_CARD: path('card'),
      BM_DATA: path('data'),
      BM_RUN: path('run'),
      BM_LIB: path('lib'),
      BM_ROOT: path('root'),
      BM_OWNER: '12345:12346',
      BM_PROGRAM: path('programs/blockmesh'),
      BM_PROGRAMS: path('programs'),
      BM_CONSOLE: path('console'),
      BM_ISSUE: path('issue'),
      UNITS: path('units'),
      ...(process.env.NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE } : {}),
    };
  }

  static make(t: Test): BoardFolders {
    if (process.getuid?.() !== 0) throw new Error('a card is mounted by root: run the tests of the image as root');
    const board = new BoardFolders(newFolder(t));
    t.teardown(() => board.#clear());
    for (const name of ['card', 'data', 'run', 'lib', 'programs', 'units', 'root/etc']) {
      mkdirSync(board.path(name), { recursive: true });
    }
    for (const name of ['board-apply', 'board-boot', 'board-status', 'observer']) {
      execFileSync('cp', [join(LIB, name), board.path('lib')]);
    }
    board.put('lib/release.json', '{"version": "1.2.3", "board": "virt-arm64"}\n');
    board.put('console', '');
    board.mount('card', 'size=1m,ro');
    board.program('systemctl', SYSTEMCTL);
    board.program('journalctl', '#!/bin/sh\ncat "$UNITS/journal" 2>/dev/null\n');
    board.program('hostname', '#!/bin/sh\ncat "$UNITS/addresses" 2>/dev/null\n');
    const node = [process.execPath, ...ENGINE_FLAGS, MAIN].map((word) => `'${word}'`).join(' ');
    board.program('blockmesh', `#!/bin/sh\necho "$2" >>"$UNITS/runs"\nexec ${node} "$@"\n`);
    return board;
  }

  path(name: string): string {
    return join(this.#root, name);
  }

  /** A folder of memory, as a partition. */
  mount(name: string, options: string): void {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', this.path(name)]);
  }

  program(name: string, text: string): void {
    this.put(`programs/${name}`, text);
    chmodSync(this.path(`programs/${name}`), 0o755);
  }

  put(name: string, text: string): void {
    writeFileSync(this.path(name), text);
  }

  /** As somebody does at another computer. */
  putOnCard(name: string, text: string): void {
    const card = this.path('card');
    execFileSync('mount', ['-o', 'remount,rw', card]);
    writeFileSync(join(card, name), text);
    execFileSync('mount', ['-o', 'remount,ro', card]);
  }

  read(name: string): string | null {
    return existsSync(this.path(name)) ? readFileSync(this.path(name), 'utf8') : null;
  }

  /** @param unit such as `blockmesh-node.service`. */
  unit(unit: string, properties: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(properties)) this.put(`units/${unit}.${name}`, `${value}\n`);
  }

  run(script: string, more: NodeJS.ProcessEnv = {}): Ran {
    const env = { ...this.#environment, ...more };
    const { status, stdout, stderr } = spawnSync('dash', [this.path(`lib/${script}`)], { env, encoding: 'utf8' });
    return { code: status, text: stdout + stderr };
  }

  /** How often the program has read the card. */
  imports(): number {
    return (this.read('units/runs') ?? '').split('\n').filter((word) => word === 'import').length;
  }

  /** Whether the card is mounted read-only, as it has to be after each of them. */
  isCardSafe(): boolean {
    return execFileSync('findmnt', ['-nro', 'OPTIONS', this.path('card')], { encoding: 'utf8' }).startsWith('ro');
  }

  owner(name: string): string {
    const { uid, gid } = statSync(this.path(name));
    return `${uid}:${gid}`;
  }

  #clear(): void {
    for (const name of ['card', 'data']) spawnSync('umount', [this.path(name)], { stdio: 'ignore' });
  }
}
