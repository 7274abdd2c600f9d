import { spawn } from 'node:child_process';
import { Program } from '../node/program.ts';

/** How the guest writes: as the release does, or, for the proofs that the suite goes red, with less care. */
export const SYNCS = ['full', 'normal', 'off', 'unflushed'] as const;
export type Sync = (typeof SYNCS)[number];
/** What a machine is started from. */
export interface Machine {
  /** Names the release on the disk, its packages and the kernel: another tree has another one. */
  readonly tree: string;
  readonly kernel: string;
  readonly initramfs: string;
  /** A disk with this release, only read. */
  readonly system: string;
}

/** With its system disk writable, to start and to end once. */
type Manner = Sync | 'warm';

const MEMORY_MIB = 768;
/** An instruction takes 2 ns: a board of the slower kind. */
const INSTRUCTION_NS_LOG2 = 1;

/** The drive that is served at a Unix socket. */
export function driveAt(socket: string): string {
  return `file.driver=nbd,file.server.type=unix,file.server.path=${socket}`;
}

/**
 * Powers the machine on with the drive `data`, in QEMU's words. Its console is the program's standard output.
 * An emulated processor: what the machine of a test may use differs from place to place, this is everywhere.
 */
export function powerOn(machine: Machine, data: string, manner: Manner): Program {
  const child = spawn(
    'setpriv',
    [
      // Nobody would switch it off when we are gone.
      ['--pdeathsig', 'KILL', 'qemu-system-x86_64'],
      ['-accel', 'tcg', '-cpu', 'max', '-smp', '1', '-m', `${MEMORY_MIB}`],
      // Its time goes by instructions, so that a busy host makes it late and not slow: time limits mean what they say.
      ['-icount', `shift=${INSTRUCTION_NS_LOG2}`],
      ['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-serial', 'stdio'],
      ['-kernel', machine.kernel, '-initrd', machine.initramfs],
      ['-append', `console=ttyS0 quiet loglevel=1 panic=-1 sync=${manner}`],
      ['-drive', `file=${machine.system},format=raw,if=virtio,readonly=${manner === 'warm' ? 'off' : 'on'}`],
      // The guest sees a write cache; each flush of its goes through to the disk, and nothing else does.
      ['-drive', `${data},format=raw,if=virtio,cache=writeback`],
    ].flat(),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Program(child);
}
