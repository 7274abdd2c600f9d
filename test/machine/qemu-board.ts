import { spawn } from 'node:child_process';
import { Program } from '../node/program.ts';

/** An emulated board that is started by its own U-Boot, from a disk. */

export interface BoardMachine {
  readonly program: 'qemu-system-aarch64' | 'qemu-system-arm';
  /** The machine, its processor, and what U-Boot is started as, in QEMU's words. */
  readonly arguments: readonly string[];
  /** The words that put the disk at `path` into the board. */
  readonly disk: (path: string) => readonly string[];
}

/** Powers the board on. Its serial console is the program's standard output. */
export function powerOnBoard(board: BoardMachine, disk: string): Program {
  const common = ['-accel', 'tcg', '-nodefaults', '-no-user-config', '-display', 'none'];
  const child = spawn(
    'setpriv',
    // Nobody would switch it off when we are gone.
    ['--pdeathsig', 'KILL', board.program, ...common, ...board.arguments, ...board.disk(disk)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Program(child);
}
